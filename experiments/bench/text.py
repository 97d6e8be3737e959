"""Tables of text, and numbers in them."""

from typing import NamedTuple

ABSENT = "–"


class TextTable(NamedTuple):
    """A title, the names of the columns, and rows of text."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def markdown_rows(table: TextTable, n_left: int = 1) -> str:
    """A table as Markdown, without its title; all but the first columns stand to the right."""
    rule = ["---"] * n_left + ["---:"] * (len(table.columns) - n_left)
    return "\n".join(f"| {' | '.join(row)} |" for row in (table.columns, rule, *table.rows))


def three(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{float(f'{value:.3g}'):,.10g}"
