"""A text file of one novel, with a line such as "Chapter 3" before each chapter."""

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

from superpos.arguments import ArgumentError
from superpos.data.text.document import Document, lines

HEADING = re.compile(r"(CHAPTER|Chapter) +(\d+|[IVXLC]+)\b.*")


def novel(path: str | Path) -> list[Document]:
    """The chapters of a novel; what comes before the first chapter is left out.

    Args:
        path: of the file, in UTF-8. Its first line with text is the title.

    Returns:
        Documents, such as "EMMA 1" of the group "EMMA", a paragraph a line.

    Raises:
        ArgumentError: the file is missing or damaged, or has no chapters; one line.
    """
    found = chapters(lines(Path(path)))
    if not found:
        raise ArgumentError(f"{path}: expected lines such as Chapter 1")
    return found


def chapters(written: Sequence[str]) -> list[Document]:
    """The chapters of a novel, from its lines; a blank line ends a paragraph."""
    title = next((line.strip() for line in written if line.strip()), "")
    starts = [number for number, line in enumerate(written) if HEADING.fullmatch(line.strip())]
    found = []
    for number, (start, stop) in enumerate(itertools.pairwise([*starts, len(written)]), 1):
        paragraphs = "\n".join(written[start + 1 : stop]).split("\n\n")
        text = "\n".join(filter(None, (" ".join(each.split()) for each in paragraphs)))
        found.append(Document(f"{title} {number}", title, text))
    return found
