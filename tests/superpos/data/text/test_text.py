"""Texts from small files written here; of those of `make corpus` their known counts."""

import collections
import hashlib
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.corpus import FOLDER
from superpos.arguments import ArgumentError
from superpos.data.text import Document, Word, austen, brown, kjv, novel
from tests.superpos.data.text.rdata import LINES, rdb, serialized

EXCERPT = Path(__file__).resolve().parents[4] / "experiments" / "corpus" / "excerpt"


@pytest.mark.parametrize("version", [2, 3])
def test_a_novel_is_cut_at_its_chapters(tmp_path: Path, version: int) -> None:
    other = ["", "Persuasion", "Chapter 1", "Größe"]
    (tmp_path / "Rdata.rdb").write_bytes(
        rdb(serialized(LINES, version), serialized(other, version))
    )
    assert austen(tmp_path) == [
        Document("EMMA 1", "EMMA", "One, two.\nThree."),
        Document("EMMA 2", "EMMA", "CHAPTER is no heading."),
        Document("Persuasion 1", "Persuasion", "Größe"),
    ]


def test_a_novel_can_be_a_text_file(tmp_path: Path) -> None:
    (tmp_path / "emma.txt").write_text("\n".join(LINES))
    assert novel(tmp_path / "emma.txt") == [
        Document("EMMA 1", "EMMA", "One, two.\nThree."),
        Document("EMMA 2", "EMMA", "CHAPTER is no heading."),
    ]
    (tmp_path / "other.txt").write_text("no chapters")
    with pytest.raises(ArgumentError, match="other.txt: expected lines such as Chapter 1$"):
        novel(tmp_path / "other.txt")


def test_the_excerpt_is_what_it_was() -> None:
    path = EXCERPT / "northanger_abbey.txt"
    assert hashlib.sha256(path.read_bytes()).hexdigest() in (EXCERPT / "README.md").read_text()
    chapters = novel(path)
    assert [each.name for each in chapters] == [f"NORTHANGER ABBEY {n}" for n in range(1, 32)]
    assert 420_000 < sum(len(each.text) for each in chapters) < 440_000


GOOD = serialized(LINES)
DAMAGED = {
    "short": rdb(GOOD)[:-3],
    "length": struct.pack(">I", len(GOOD) + 1) + zlib.compress(GOOD),
    "too_long": struct.pack(">I", len(GOOD) - 1) + zlib.compress(GOOD),
    "large": struct.pack(">I", 2**32 - 1) + zlib.compress(GOOD),
    "not_zlib": struct.pack(">I", 4) + b"abcd",
    "not_r": rdb(b"Y" + GOOD[1:]),
    "not_strings": rdb(GOOD.replace(struct.pack(">i", 16), struct.pack(">i", 19), 1)),
    "not_a_string": rdb(GOOD.replace(b"\x00\x04\x00\x09", b"\x00\x04\x00\x0a", 1)),
    "cut_inside": rdb(GOOD[:-7]),
    "not_utf8": rdb(GOOD.replace(b"Three.", b"\xffhree.")),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damage_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "Rdata.rdb").write_bytes(content)
    with pytest.raises(ArgumentError, match=r"Rdata.rdb: damaged, expected vectors .* of R$"):
        austen(tmp_path)


def test_objects_that_inflate_without_end_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Rdata.rdb").write_bytes(rdb(GOOD, GOOD))
    monkeypatch.setitem(austen.__globals__, "MOST_TEXT", 2 * len(GOOD) - 1)
    with pytest.raises(ArgumentError, match="damaged"):
        austen(tmp_path)


def test_verses_are_put_together_to_chapters(tmp_path: Path) -> None:
    (tmp_path / "kjv.txt").write_text("Ge1:1 In the\nGe1:2 And\nGe2:1 Thus\n1Ch12:3 He: 1:2 so\n")
    assert kjv(tmp_path) == [
        Document("Ge1", "Ge", "In the\nAnd"),
        Document("Ge2", "Ge", "Thus"),
        Document("1Ch12", "1Ch", "He: 1:2 so"),
    ]


def test_tagged_words_are_printed_as_a_text(tmp_path: Path) -> None:
    (tmp_path / "cats.txt").write_text("ca01 news\ncb07 humor\n")
    (tmp_path / "ca01").write_text(
        "\n\n\t``/`` and/or/cc (/( she/pps )/) ,/, ''/'' he/pps said/vbd ./.\n\nNo/uh !/.\n"
    )
    (tmp_path / "cb07").write_text("\n")
    first, second = brown(tmp_path)
    assert second == Document("cb07", "humor", "")
    assert (first.name, first.group) == ("ca01", "news")
    assert first.text == '"and/or (she)," he said.\nNo!'
    assert first.words[:2] == (Word(0, 1, "``"), Word(1, 7, "cc"))
    spelled = [(first.text[word.start : word.stop], word.tag) for word in first.words]
    assert spelled == [
        ('"', "``"), ("and/or", "cc"), ("(", "("), ("she", "pps"), (")", ")"), (",", ","),
        ('"', "''"), ("he", "pps"), ("said", "vbd"), (".", "."), ("No", "uh"), ("!", "."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("read", "files", "message"),
    [
        (austen, {}, "Rdata.rdb: expected a file to read (No such file or directory)"),
        (kjv, {}, "kjv.txt: expected a file to read (No such file or directory)"),
        (kjv, {"kjv.txt": b"Ge1:1 In\n\n"}, "kjv.txt: line 2, expected a verse such as Ge1:1 ..."),
        (kjv, {"kjv.txt": b"\xff"}, "kjv.txt: damaged, expected text in UTF-8"),
        (brown, {}, "cats.txt: expected a file to read (No such file or directory)"),
        (
            brown,
            {"cats.txt": b"../secret news\n"},
            "cats.txt: line 1, expected a text and its genre",
        ),
        (
            brown,
            {"cats.txt": b"ca01 news\n"},
            "ca01: expected a file to read (No such file or directory)",
        ),
        (
            brown,
            {"cats.txt": b"ca01 news\n", "ca01": b"the/at\nman\n"},
            "ca01: line 2, expected words such as the/at",
        ),
        (
            brown,
            {"cats.txt": b"ca01 news\n", "ca01": b"the/\n"},
            "ca01: line 1, expected words such as the/at",
        ),
    ],
)
def test_what_is_no_text_is_one_line(
    tmp_path: Path, read: Callable, files: dict[str, bytes], message: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ArgumentError) as caught:
        read(tmp_path)
    assert str(caught.value) == f"{tmp_path}/{message}"


fetched = pytest.mark.skipif(not (FOLDER / "brown").is_dir(), reason="needs `make corpus`")


@fetched
@pytest.mark.slow
def test_the_novels_have_the_chapters_that_they_have_in_print() -> None:
    counts = collections.Counter(each.group for each in austen(FOLDER / "austen"))
    assert counts == {
        **{"EMMA": 55, "MANSFIELD PARK": 48, "NORTHANGER ABBEY": 31, "Persuasion": 24},
        **{"PRIDE AND PREJUDICE": 61, "SENSE AND SENSIBILITY": 50},
    }


@fetched
@pytest.mark.slow
def test_the_bible_has_its_books_chapters_and_verses() -> None:
    chapters = kjv(FOLDER / "kjv")
    assert len({each.group for each in chapters}) == 66
    assert len({each.name for each in chapters}) == len(chapters) == 1189
    assert sum(each.text.count("\n") + 1 for each in chapters) == 31_102


@fetched
@pytest.mark.slow
def test_the_brown_corpus_has_the_words_that_its_manual_counts() -> None:
    """1,161,192 tokens: NLTK's count of the same files."""
    texts = brown(FOLDER / "brown")
    assert (len(texts), len({each.group for each in texts})) == (500, 15)
    assert sum(len(each.words) for each in texts) == 1_161_192
