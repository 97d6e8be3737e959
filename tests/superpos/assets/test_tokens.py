"""Texts as windows of tokens, split by document."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.assets import tokens
from superpos.assets.tokens import READERS
from superpos.data.text import Document
from superpos.models.transformer import read_tokeniser, train_tokeniser

N_CHAPTERS, CONTEXT = 40, 5


def chapter(number: int) -> str:
    return " ".join(f"w{number}x{word}" for word in range(3 + number))


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A novel of chapters of several lengths, and a tokeniser of single bytes."""
    folder = tmp_path_factory.mktemp("text")
    chapters = (f"Chapter {n}\n\n{chapter(n)}\n" for n in range(1, N_CHAPTERS + 1))
    (folder / "novel.txt").write_text("A NOVEL\n\n" + "\n".join(chapters))
    bytewise = train_tokeniser([], n_tokens=256)
    (folder / "tokenizer.json").write_text(bytewise.to_json())
    sizes = {"n_tokens": 256, "context": CONTEXT, "held_out_share": 0.3}
    return {"novel": str(folder / "novel.txt"), "tokeniser": str(folder), **sizes}


def test_each_token_but_the_first_of_a_document_is_predicted_once(text: dict[str, Any]) -> None:
    decode = read_tokeniser(text["tokeniser"]).decode
    seen = set()
    for split in ("train", "held_out"):
        arrays = tokens(**text, split=split).arrays
        windows, document = arrays["tokens"], arrays["document"]
        assert windows.dtype == document.dtype == np.int32
        assert windows.shape == (len(document), CONTEXT + 1)
        for number in np.unique(document):
            own, written = windows[document == number], chapter(number + 1)
            again = decode(np.concatenate([own[0, :1], own[:, 1:].ravel()]))
            assert written.startswith(again)
            assert len(written) - len(again) < CONTEXT
        assert not seen & {*document.tolist()}
        seen |= {*document.tolist()}
    assert seen == {*range(N_CHAPTERS)}


def test_about_the_share_is_held_out_and_a_larger_share_holds_out_more(
    text: dict[str, Any],
) -> None:
    held = [
        {*tokens(**{**text, "held_out_share": share}, split="held_out").arrays["document"].tolist()}
        for share in (0.1, 0.3, 0.6)
    ]
    assert held[0] < held[1] < held[2]
    assert 6 <= len(held[1]) <= 18


def test_it_is_read_as_examples_whose_targets_are_the_next_tokens(text: dict[str, Any]) -> None:
    asset = tokens(**text)
    examples = asset.read(asset.arrays)
    np.testing.assert_array_equal(examples["inputs"], asset.arrays["tokens"][:, :-1])
    np.testing.assert_array_equal(examples["targets"][:, :-1], examples["inputs"][:, 1:])


def test_a_tokeniser_is_learned_from_the_documents_to_train_on_alone(text: dict[str, Any]) -> None:
    learned = {**text, "tokeniser": None, "n_tokens": 270}
    one, again = tokens(**learned), tokens(**learned)
    assert one.digest == again.digest
    assert one.arrays["tokens"].max() >= 256
    documents = {*one.arrays["document"].tolist()}
    own = train_tokeniser([chapter(n + 1) for n in documents], n_tokens=270)
    first = one.arrays["tokens"][0]
    expected = own.encode(chapter(int(one.arrays["document"][0]) + 1)).tokens[: CONTEXT + 1]
    np.testing.assert_array_equal(first, expected)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"novel": None}, "austen=None: expected one text or more"),
        ({"austen": "nowhere"}, "austen=nowhere: missing, expected what `make corpus` fetches"),
        ({"novel": "nothing.txt"}, "novel=nothing.txt: missing, expected a text file"),
        ({"n_tokens": 257}, "n_tokens=257: expected the 256 of "),
        ({"context": 10_000}, "context=10000: expected less, as no document is that long"),
        ({"held_out_share": 1e-9, "split": "held_out"}, "held_out_share=1e-09: expected another"),
        ({"held_out_share": 1.0}, r"held_out_share=1.0: expected a number in \(0, 1\)"),
        ({"tokeniser": "nowhere"}, "tokenizer.json: expected a file to read"),
        ({"tokeniser": None, "n_tokens": 255}, "n_tokens=255: expected at least the 256 bytes"),
        ({"tokeniser": None, "n_tokens": 9999}, "n_tokens=9999: expected the .* that the texts"),
    ],
)
def test_what_cannot_be_is_one_line(
    text: dict[str, Any], changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ArgumentError, match=words) as refused:
        tokens(**{**text, **changes})
    assert "\n" not in str(refused.value)


def test_a_text_that_is_damaged_is_named(text: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"Chapter 1\n\n\xff")
    with pytest.raises(ArgumentError, match=r"^novel=.*bad.txt: damaged, expected text in UTF-8$"):
        tokens(**{**text, "novel": str(tmp_path / "bad.txt")})


def test_a_text_that_is_given_twice_is_refused_whatever_it_is_called(
    text: dict[str, Any], tmp_path: Path
) -> None:
    again = tmp_path / "again.txt"
    again.write_text(f"A NOVEL\n\nChapter 1\n\n{chapter(1)}\n\nChapter 2\n\n{chapter(1)}\n")
    line = "^documents 'A NOVEL 2' and 'A NOVEL 1': expected each text once$"
    with pytest.raises(ArgumentError, match=line):
        tokens(**{**text, "novel": str(again)})


def test_two_corpora_may_not_have_a_document_of_one_name(
    text: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    same_name = [Document("A NOVEL 7", "A NOVEL", "another edition")]
    monkeypatch.setitem(READERS, "kjv", lambda path: same_name)
    with pytest.raises(ArgumentError, match="^documents 'A NOVEL 7' and 'A NOVEL 7': expected"):
        tokens(**{**text, "kjv": text["tokeniser"]})
