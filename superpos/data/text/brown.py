"""The Brown corpus: 500 texts of 15 genres, each word with its part of speech.

Source: Francis and Kucera 1979, Brown Corpus Manual: form C, where a word is written word/tag.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from superpos.arguments import ArgumentError
from superpos.data.text.document import Document, Word, lines

CATEGORY = re.compile(r"(c[a-r]\d\d) (\w+)")
WRITTEN = {"``": '"', "''": '"'}
"""Their quotation marks -> ours."""
NO_SPACE_BEFORE = {",", ".", ":", ";", "?", "!", ")", "''", "'"}
NO_SPACE_AFTER = {"(", "``"}


def brown(folder: str | Path) -> list[Document]:
    """The texts of the corpus, in the spelling of print, a sentence a line.

    Args:
        folder: with cats.txt, and the files that it names.

    Returns:
        Documents, such as "ca01" of the group "news", with their tagged words.

    Raises:
        ArgumentError: a file is missing, or holds something else; one line.
    """
    folder = Path(folder)
    documents = []
    for number, line in enumerate(lines(folder / "cats.txt"), 1):
        entry = CATEGORY.fullmatch(line)
        if entry is None:
            raise ArgumentError(
                f"{folder / 'cats.txt'}: line {number}, expected a text and its genre"
            )
        name, genre = entry.groups()
        documents.append(_document(folder / name, genre))
    return documents


def _document(path: Path, genre: str) -> Document:
    sentences = []
    for number, line in enumerate(lines(path), 1):
        tokens = [each.rpartition("/") for each in line.split()]
        if not all(word and tag for word, _, tag in tokens):
            raise ArgumentError(f"{path}: line {number}, expected words such as the/at")
        if tokens:
            sentences.append([(word, tag) for word, _, tag in tokens])
    text, words = _printed(sentences)
    return Document(path.name, genre, text, tuple(words))


def _printed(sentences: Iterable[Iterable[tuple[str, str]]]) -> tuple[str, list[Word]]:
    """The sentences as print has them, and where each word is."""
    parts, words, place = [], [], 0
    for sentence in sentences:
        space = "\n" if parts else ""
        for word, tag in sentence:
            if word in NO_SPACE_BEFORE and space == " ":
                space = ""
            written = WRITTEN.get(word, word)
            start = place + len(space)
            place = start + len(written)
            words.append(Word(start, place, tag))
            parts += [space, written]
            space = "" if word in NO_SPACE_AFTER else " "
    return "".join(parts), words
