"""What an analysis returns: verdicts on claims, figures and tables. Analyses never train."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from superpos.app.claims.ledger import Verdict

VECTOR = ("svg", "pdf")
"""Formats of a figure beside its picture."""
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Of the file of a figure, and of other parts of paths."""


class Cell(NamedTuple):
    """A part of a figure that says more when it is pointed at: the model that was trained there.

    Attributes:
        box: left, top, width and height in fractions of the figure, from its top left corner.
        texts: label -> text, in the order in which they are shown.
        W: weights, (n_features, n_hidden) numbers.
        b: biases, (n_features,) numbers.
    """

    box: Sequence[float]
    texts: Mapping[str, str]
    W: Sequence[Sequence[float]]
    b: Sequence[float]


class Figure(NamedTuple):
    """A figure in the folder of the run.

    Attributes:
        name: of its file.
        alt: text for who cannot see it.
        caption: what it shows.
        cells: what its parts say when they are pointed at; `superpos.app.report.cells` makes them.
        formats: other ones that are beside the file, of VECTOR.
    """

    name: str
    alt: str
    caption: str
    cells: Sequence[Cell] = ()
    formats: Sequence[str] = ()

    @property
    def files(self) -> list[str]:
        """Its names, in all formats."""
        return [self.name, *(f"{self.name.rpartition('.')[0]}.{each}" for each in self.formats)]

    @property
    def shown(self) -> str:
        """What a page shows: the SVG, which follows the colour scheme, where there is one."""
        return next((name for name in self.files if name.endswith(".svg")), self.name)


def with_formats(folder: Path, figure: Figure) -> Figure:
    """A figure with the formats that are beside its file."""
    file = folder / figure.name
    there = tuple(each for each in VECTOR if file.with_suffix(f".{each}").is_file())
    return figure._replace(formats=there)


class Table(NamedTuple):
    """A table of texts, for the terminal and the page of the run.

    Attributes:
        caption: what it shows.
        header: names of the columns; the first column names the rows.
        rows: of as many texts as the header has.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


class Question(NamedTuple):
    """Texts that a person judges before the answer, which is behind a click, as in a blinded test.

    Attributes:
        title: what they are called.
        excerpts: texts in pieces, each (text, how strongly it is marked, from 0 to STRONGEST).
        answer: label -> text.
    """

    title: str
    excerpts: Sequence[Sequence[Sequence[Any]]]
    answer: Mapping[str, str]


STRONGEST = 4


@dataclass(frozen=True)
class Findings:
    """What one run has found."""

    verdicts: Sequence[Verdict] = field(default_factory=list)
    figures: Sequence[Figure] = field(default_factory=list)
    tables: Sequence[Table] = field(default_factory=list)
    questions: Sequence[Question] = field(default_factory=list)
