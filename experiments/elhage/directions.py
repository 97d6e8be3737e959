"""Feature directions in the plane, as arrows from the middle of the unit circle."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from superpos.app.plots.figures import PALETTE


def draw_directions(
    axis: Any,
    W: np.ndarray,
    colours: Sequence[str] = PALETTE,
    *,
    widths: Sequence[float] = (),
    styles: Sequence[str] = (),
) -> None:
    """Draw the rows of W (n, 2).

    Args:
        axis: where to.
        W: directions.
        colours: of the rows; more rows are left out.
        widths: of their lines; 2 where there is none.
        styles: of their lines; solid where there is none.
    """
    circle = np.linspace(0, 2 * np.pi, 200)
    axis.plot(np.cos(circle), np.sin(circle), color="#BBBBBB", linewidth=0.8)
    for index, (row, colour) in enumerate(zip(W, colours, strict=False)):
        width = widths[index] if widths else 2.0
        style = styles[index] if styles else "-"
        axis.plot([0, row[0]], [0, row[1]], color=colour, linewidth=width, linestyle=style)
        axis.plot(*row, "o", color=colour, markersize=5)
    axis.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal", xticks=[], yticks=[])
    for side in axis.spines.values():
        side.set_visible(False)
