"""How figures look: one palette that colour-blind readers can tell apart, one size, one save."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from superpos.app.plots.vector import for_both_schemes, prepare
from superpos.arguments import ArgumentError
from superpos.store.derived import replace

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#333333")
"""Okabe and Ito's colours."""
STYLE: Any = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "svg.hashsalt": "superpos",
}
FORMATS: Mapping[str, Mapping[str, Any]] = {
    "png": {},
    "svg": {"transparent": True, "metadata": {"Date": None}},
    "pdf": {"metadata": {"CreationDate": None}},
}
"""Suffix of each file that `save` writes -> how; without a date it is the same at any time."""
PAGE, COLUMNS = 7.0, 5
"""Width of a page of text in inches, and panels in one of its rows, at most."""
styled = matplotlib.rc_context(STYLE)
"""Decorator of a function that draws: Matplotlib asks for the sizes of titles when they are set."""


def new_figure(
    rows: int, columns: int, *, width: float = 9.0, height: float = 3.4, **options: Any
) -> tuple[Figure, Any]:
    """A figure and its axes, laid out without overlaps; sizes in inches."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(rows, columns, **options)


def panel_figure(n_panels: int, projection: str | None = None) -> tuple[Figure, Sequence[Any]]:
    """A figure of so many panels, in rows of at most five, and its axes."""
    columns = min(COLUMNS, n_panels)
    rows = -(-n_panels // columns)
    width = PAGE if columns > 2 else 3.4 * columns
    figure, axes = new_figure(
        rows,
        columns,
        width=width,
        height=(width / columns + 0.3) * rows,
        squeeze=False,
        subplot_kw={"projection": projection},
    )
    for axis in axes.flat[n_panels:]:
        axis.remove()
    return figure, list(axes.flat[:n_panels])


def fragile_marks(fragile: np.ndarray | None, n_panels: int) -> list[str]:
    """What to add to the title of each panel: a note where its model is sensitive to rounding.

    Args:
        fragile: where it is, bool (n_panels,); None when not checked.
        n_panels: of the figure.
    """
    marks = np.zeros(n_panels, bool) if fragile is None else fragile
    return [" (sensitive to rounding)" if mark else "" for mark in marks]


def log_ticks(
    axis: Any,
    values: Sequence[float] | np.ndarray,
    form: str = "{:g}",
    *,
    along: Literal["x", "y"] = "x",
) -> None:
    """Make an axis logarithmic, with a tick at each of these values and nowhere else."""
    axis.set(**{f"{along}scale": "log"})
    ticks = axis.xaxis if along == "x" else axis.yaxis
    ticks.set_ticks(values, [form.format(each) for each in values])
    ticks.set_ticks([], minor=True)


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure as PNG, as SVG and as PDF: x.png, x.svg and x.pdf.

    On a page whose reader prefers it dark, lines and texts of the SVG are light; what lies on an
    image or on a heat map keeps its colours.

    Args:
        figure: to be written.
        path: of any of the three files, or without a suffix, in a folder that is there.

    Raises:
        ArgumentError: the path ends in another suffix; one line.
        StoreError: it cannot be written; one line.
    """
    path = Path(path)
    if path.suffix[1:] not in ("", *FORMATS):
        raise ArgumentError(
            f"path={path}: expected a name that ends in .png, .svg, .pdf or in none"
        )
    prepare(figure)
    if figure.get_layout_engine() is None:
        figure.set_layout_engine("constrained")  # or labels would be cut off
    engine = figure.get_layout_engine()
    with matplotlib.rc_context(STYLE):
        for form, options in FORMATS.items():
            file = io.BytesIO()
            figure.savefig(file, format=form, **options)
            figure.set_layout_engine("none")  # all parts are in the same places in each file
            drawn = file.getvalue()
            replace(
                path.with_suffix(f".{form}"), for_both_schemes(drawn) if form == "svg" else drawn
            )
    figure.set_layout_engine(engine)
