"""What a text is here, and how one is read from a file."""

from pathlib import Path
from typing import NamedTuple

from superpos.arguments import ArgumentError


class Word(NamedTuple):
    """A word with its part of speech.

    Attributes:
        start: where it begins in the text, in characters.
        stop: where it ends, exclusive.
        tag: its part of speech.
    """

    start: int
    stop: int
    tag: str


class Document(NamedTuple):
    """A text that is never split between fitting and scoring.

    Attributes:
        name: of the document, unique in its corpus.
        group: what it belongs to: a novel, a book or a genre.
        text: its characters, a paragraph a line.
        words: its tagged words, in order; () where none are known.
    """

    name: str
    group: str
    text: str
    words: tuple[Word, ...] = ()


def content(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        ArgumentError: it cannot be read; one line.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArgumentError(f"{path}: expected a file to read ({error.strerror})") from None


def lines(path: Path) -> list[str]:
    """The lines of a text file.

    Raises:
        ArgumentError: it cannot be read, or is no UTF-8; one line.
    """
    try:
        return content(path).decode().splitlines()
    except UnicodeDecodeError:
        raise ArgumentError(f"{path}: damaged, expected text in UTF-8") from None
