"""Contexts as a language model is shown them: one a line, with some tokens marked."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from superpos.interp.vocabulary import text_of

OPEN, CLOSE = "<<", ">>"
SPACES = {"\r": "", "\n": "⏎", "\t": " ", OPEN: "< <", CLOSE: "> >"}
"""What would break a line, or be taken for a mark, and how it is shown."""


def shown(text: str) -> str:
    """A text on one line and without marks."""
    for given, instead in SPACES.items():
        text = text.replace(given, instead)
    return text


def marked(tokens: np.ndarray, marks: np.ndarray, vocabulary: Sequence[str]) -> str:
    """One context with its marked tokens between << and >>, runs of them as one.

    Args:
        tokens: of the context, (length,).
        marks: which are marked, bool (length,).
        vocabulary: the text of each token.
    """
    return "".join(
        f"{OPEN}{text}{CLOSE}" if is_marked else text
        for is_marked, text, _ in runs(tokens, marks, vocabulary)
    )


def runs(
    tokens: np.ndarray, marks: np.ndarray, vocabulary: Sequence[str]
) -> Iterator[tuple[bool, str, list[int]]]:
    """Stretches of a context that are marked, or are not: whether, their text and positions.

    Raises:
        ArgumentError: a token has no text; one line.
    """
    texts = text_of(tokens, vocabulary)
    for is_marked, group in groupby(range(len(tokens)), key=lambda at: bool(marks[at])):
        places = list(group)
        yield is_marked, shown("".join(texts[at] for at in places)), places


def numbered(lines: Sequence[str]) -> str:
    """Lines with their numbers, from 1."""
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
