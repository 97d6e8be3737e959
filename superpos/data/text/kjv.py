"""The King James Version of the Bible, as Debian's `bible -f` writes it: a verse a line."""

import itertools
import re
from pathlib import Path

from superpos.arguments import ArgumentError
from superpos.data.text.document import Document, lines

VERSE = re.compile(r"((\w+?)\d+):\d+ (.+)")


def kjv(folder: str | Path) -> list[Document]:
    """The chapters of the Bible.

    Args:
        folder: with kjv.txt, of lines such as "Ge1:1 In the beginning ...".

    Returns:
        Documents, such as "Ge1" of the group "Ge", a verse a line.

    Raises:
        ArgumentError: the file is missing, or a line of it is no verse; one line.
    """
    path = Path(folder) / "kjv.txt"
    verses = []
    for number, line in enumerate(lines(path), 1):
        verse = VERSE.fullmatch(line)
        if verse is None:
            raise ArgumentError(f"{path}: line {number}, expected a verse such as Ge1:1 ...")
        verses.append(verse.groups())
    return [
        Document(chapter, book, "\n".join(text for *_, text in group))
        for (chapter, book), group in itertools.groupby(verses, key=lambda verse: verse[:2])
    ]
