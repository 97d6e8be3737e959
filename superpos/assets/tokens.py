"""Texts as windows of tokens, split by document into those to train on and those held out."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from superpos import interp
from superpos.arguments import ArgumentError, Count, Interval, factory, shown
from superpos.data import text
from superpos.data.text import Document
from superpos.engine.assets import asset
from superpos.models.transformer import Tokeniser, read_tokeniser, train_tokeniser
from superpos.types import Asset

READERS: Mapping[str, Callable[[Path], list[Document]]] = {
    "austen": text.austen,
    "brown": text.brown,
    "kjv": text.kjv,
    "novel": text.novel,
}
"""Argument -> what reads that text."""
Share = Annotated[float, Interval("(0, 1)")]
Split = Literal["train", "held_out"]


@factory
def tokens(
    *,
    austen: str | None = None,
    brown: str | None = None,
    kjv: str | None = None,
    novel: str | None = None,
    tokeniser: str | None = None,
    n_tokens: Count = 2048,
    context: Count = 64,
    held_out_share: Share = 0.1,
    split: Split = "train",
) -> Asset:
    """Texts as windows of tokens, for `data.examples` and a language model.

    A document is held out as a whole, or not at all; which, its name alone decides. Of a document
    each token but the first is to be predicted once, from at most `context` tokens before it; what
    is left at its end, shorter than a window, is dropped.

    Args:
        austen: the folder of Jane Austen's novels that `make corpus` fetches, or null.
        brown: that of the Brown corpus, or null.
        kjv: that of the King James Version, or null.
        novel: a text file of one novel with chapters, or null.
        tokeniser: a folder with tokenizer.json; null learns one from the documents to train on.
        n_tokens: size of the vocabulary, >= 256; that of the tokeniser where there is one.
        context: tokens that are read of a window, which has one more, >= 1.
        held_out_share: share of the documents that is held out, in (0, 1), but for chance.
        split: windows of documents to "train" on, or of those that are "held_out".

    Returns:
        An Asset of "tokens" (n_windows, context + 1), int32, "document" (n_windows,), int32: the
        number of each in the order of the texts, and "vocabulary", the text of each token
        (`superpos.interp.to_bytes`), uint8 (n_tokens, most). It is read as "inputs", all tokens of
        a window but the last, and "targets", all but the first.

    Raises:
        ArgumentError: a value is out of range, a text is missing or damaged, none is given, one is
            given twice, none is left in a split, or the tokeniser has another size; one line.
    """
    given = {"austen": austen, "brown": brown, "kjv": kjv, "novel": novel}
    named = documents({name: path for name, path in given.items() if path is not None})
    kept = chosen(named, held_out_share, split)
    found = tokeniser_of(tokeniser, n_tokens, chosen(named, held_out_share, "train"))
    windows, numbers = _windows(found, kept, context)
    if not windows.size:
        raise ArgumentError(f"context={context}: expected less, as no document is that long")
    texts = interp.to_bytes([found.decode([number]) for number in range(n_tokens)])
    return asset({"tokens": windows, "document": numbers, "vocabulary": texts}, _read)


def documents(paths: Mapping[str, str]) -> list[Document]:
    """All documents of some texts, in the order of `READERS`.

    Args:
        paths: text -> where it is.

    Raises:
        ArgumentError: a text is missing or damaged, none is given, or a document is there twice, so
            that it could be trained on and held out; one line.
    """
    if not paths:
        raise ArgumentError(f"{next(iter(READERS))}=None: expected one text or more")
    found: list[Document] = []
    for name, reader in READERS.items():
        if name not in paths:
            continue
        path = Path(paths[name])
        if not path.exists():
            fetched = "what `make corpus` fetches" if name != "novel" else "a text file"
            raise ArgumentError(f"{name}={path}: missing, expected {fetched}")
        try:
            found += reader(path)
        except ArgumentError as error:
            raise ArgumentError(f"{name}={error}") from None
    _check_once(found)
    return found


def _check_once(found: Sequence[Document]) -> None:
    """Refuse documents of one name or of one text.

    Raises:
        ArgumentError: one line with the first of them.
    """
    names: set[str] = set()
    texts: dict[str, str] = {}
    for document in found:
        other = document.name if document.name in names else texts.get(document.text)
        if other is not None:
            both = shown(document.name), shown(other)
            raise ArgumentError(f"documents {both[0]} and {both[1]}: expected each text once")
        names.add(document.name)
        texts[document.text] = document.name


def chosen(named: Sequence[Document], held_out_share: float, split: Split) -> dict[int, Document]:
    """The documents of one split, by their numbers.

    Args:
        named: all documents.
        held_out_share: held out are documents the SHA-256 of whose name is below this share of the
            largest.
        split: which.

    Raises:
        ArgumentError: there are none; one line.
    """

    def is_held_out(document: Document) -> bool:
        digest = hashlib.sha256(document.name.encode()).digest()
        return int.from_bytes(digest[:8], "big") < held_out_share * 2**64

    wanted = split == "held_out"
    found = {n: each for n, each in enumerate(named) if is_held_out(each) == wanted}
    if not found:
        raise ArgumentError(
            f"held_out_share={held_out_share}: expected another, none of {len(named)} documents is"
            f" {split}"
        )
    return found


def tokeniser_of(folder: str | None, n_tokens: int, train: Mapping[int, Document]) -> Tokeniser:
    """The tokeniser in a folder, or one that is learned.

    Args:
        folder: with tokenizer.json, or None.
        n_tokens: its size.
        train: documents to learn from, where it is learned.

    Raises:
        ArgumentError: it cannot be read, or has another size; one line.
    """
    if folder is None:
        texts = [document.text for document in train.values()]
        found, source = train_tokeniser(texts, n_tokens=n_tokens), "that the texts give"
    else:
        found, source = read_tokeniser(folder), f"of {folder}"
    if found.n_tokens != n_tokens:
        raise ArgumentError(f"n_tokens={n_tokens}: expected the {found.n_tokens} {source}")
    return found


def _windows(
    found: Tokeniser, kept: Mapping[int, Document], context: int
) -> tuple[np.ndarray, np.ndarray]:
    """Windows that share one token with the next, and the number of the document of each."""
    pieces = [_cut(found.encode(document.text).tokens, context) for document in kept.values()]
    numbers = np.repeat(np.array([*kept], np.int32), [len(each) for each in pieces])
    return np.concatenate(pieces), numbers


def _cut(numbers: np.ndarray, context: int) -> np.ndarray:
    n_windows = (len(numbers) - 1) // context if len(numbers) else 0
    starts = context * np.arange(n_windows)
    return numbers[starts[:, None] + np.arange(context + 1)[None]]


def _read(arrays: Mapping[str, Any]) -> dict[str, Any]:
    windows = arrays["tokens"]
    return {"inputs": windows[:, :-1], "targets": windows[:, 1:]}
