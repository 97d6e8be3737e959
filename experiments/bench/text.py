"""Tables of text, and numbers in them."""

from typing import NamedTuple

ABSENT = "–"


class TextTable(NamedTuple):
    """A title, the names of the columns, and rows of text."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def three(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{float(f'{value:.3g}'):,.10g}"
