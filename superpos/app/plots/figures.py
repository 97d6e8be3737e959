"""How figures look: one palette that colour-blind readers can tell apart, one size, one save."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import matplotlib
import numpy as np
from matplotlib.figure import Figure

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
}
styled = matplotlib.rc_context(STYLE)
"""Decorator of a function that draws: Matplotlib asks for the sizes of titles when they are set."""


def new_figure(
    rows: int, columns: int, *, width: float = 9.0, height: float = 3.4, **options: Any
) -> tuple[Figure, Any]:
    """A figure and its axes, laid out without overlaps; sizes in inches."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(rows, columns, **options)


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


def save(figure: Figure, path: Path) -> None:
    """Write the figure, in the format that the suffix says.

    Raises:
        StoreError: it cannot be written; one line.
    """
    drawn = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(drawn, format=path.suffix[1:])
    replace(path, drawn.getvalue())
