"""Features as arrows, in two or three hidden dimensions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from superpos.app.plots.figures import PALETTE, panel_figure, styled
from superpos.app.plots.named import Panel, panels
from superpos.arguments import ArgumentError

if TYPE_CHECKING:
    import xarray


@styled
def arrows(dataset: "xarray.Dataset", *, over: str | None = None, weights: str = "W") -> Figure:
    """Features as arrows, in two or three hidden dimensions; the circle has radius 1.

    Args:
        dataset: a sweep.
        over: the dimension along which there is a panel for each value.
        weights: the name of the result that is drawn, features by hidden dimensions.

    Raises:
        ArgumentError: a name is not there, other dimensions are left, or the hidden dimensions are
            neither two nor three.
    """
    found = panels(dataset, over, weights)
    figure, axes = arrow_figure(found, weights)
    draw_panels(axes, found, extent_of(found))
    return figure


def arrow_figure(found: Sequence[Panel], weights: str) -> tuple[Figure, Sequence[Any]]:
    """A figure with a panel for each model, of two or of three dimensions.

    Raises:
        ArgumentError: some model has other hidden dimensions.
    """
    for panel in found:
        if panel.W.shape[1] not in (2, 3):
            raise ArgumentError(
                f"weights={weights!r}: {panel.W.shape[1]} hidden dimensions, expected 2 or 3"
            )
    return panel_figure(len(found), "3d" if found[0].W.shape[1] == 3 else None)


def draw_panels(axes: Sequence[Any], found: Sequence[Panel], extent: float) -> None:
    """Draw a model into each of the axes."""
    for axis, panel in zip(axes, found, strict=True):
        draw = draw_arrows if panel.W.shape[1] == 2 else draw_solid_arrows
        draw(axis, panel.W, extent=extent)
        axis.set_title(panel.title)


def extent_of(found: Sequence[Panel]) -> float:
    """How far panels reach from the middle, so that all arrows and the circle are in them."""
    norms = (np.linalg.norm(panel.W, axis=1).max(initial=1.0) for panel in found)
    return 1.12 * float(max(norms))


def draw_arrows(
    axis: Any,
    W: np.ndarray,
    colours: Sequence[str] = PALETTE,
    *,
    widths: Sequence[float] = (),
    styles: Sequence[str] = (),
    extent: float = 1.35,
) -> None:
    """Draw the rows of W (n, 2) from the middle of the unit circle.

    Args:
        axis: where to.
        W: directions.
        colours: of the rows, over and over.
        widths: of their lines; 2 where there is none.
        styles: of their lines; solid where there is none.
        extent: of the panel, from the middle.
    """
    circle = np.linspace(0, 2 * np.pi, 200)
    axis.plot(np.cos(circle), np.sin(circle), color="#BBBBBB", linewidth=0.8)
    for index, row in enumerate(W):
        colour = colours[index % len(colours)]
        width = widths[index] if widths else 2.0
        style = styles[index] if styles else "-"
        axis.plot([0, row[0]], [0, row[1]], color=colour, linewidth=width, linestyle=style)
        axis.plot(*row, "o", color=colour, markersize=5)
    axis.set(xlim=(-extent, extent), ylim=(-extent, extent), aspect="equal", xticks=[], yticks=[])
    for side in axis.spines.values():
        side.set_visible(False)


def draw_solid_arrows(axis: Any, W: np.ndarray, *, extent: float = 1.1) -> None:
    """Draw the rows of W (n, 3) from the middle of the unit sphere.

    Args:
        axis: where to, with three dimensions.
        W: directions.
        extent: of the panel, from the middle.
    """
    circle = np.linspace(0, 2 * np.pi, 100)
    for place in range(3):
        ring = np.insert(np.array([np.cos(circle), np.sin(circle)]), place, 0.0, axis=0)
        axis.plot(*ring, color="#BBBBBB", linewidth=0.6)
    for index, row in enumerate(W):
        colour = PALETTE[index % len(PALETTE)]
        axis.plot(*zip((0, 0, 0), row, strict=True), color=colour, linewidth=2)
        axis.plot(*row[:, None], "o", color=colour, markersize=4)
    axis.set(xlim=(-extent, extent), ylim=(-extent, extent), zlim=(-extent, extent))
    axis.set_box_aspect((1, 1, 1), zoom=1.8)
    axis.axis("off")
