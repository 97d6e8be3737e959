"""The figure of the pentagon of which one feature becomes sparser."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.elhage.directions import draw_directions
from superpos.app.plots.figures import PALETTE, new_figure, save

if TYPE_CHECKING:
    from experiments.elhage.perturbed import Branches

PANELS = 8
COLOURS, WIDTHS = (PALETTE[1], *[PALETTE[0]] * 4), (3.0, *[1.5] * 4)


def draw(path: Path, branches: "Branches", crossing: float | None) -> None:
    """Directions at some of the densities, the losses of both branches, and a norm."""
    shown = np.unique(np.linspace(0, len(branches.densities) - 1, PANELS).astype(int))
    figure, axes = new_figure(2, 1, width=11, height=5.2)
    figure.clear()
    top, bottom = np.ravel(np.asarray(figure.subfigures(2, 1, height_ratios=(1, 1.5))))
    for axis, index in zip(np.ravel(top.subplots(1, len(shown))), shown, strict=True):
        draw_directions(axis, branches.W[index], COLOURS, widths=WIDTHS)
        axis.set_title(f"r = {branches.densities[index]:.3g}")
    left, right = bottom.subplots(1, 2)
    _draw_losses(left, branches)
    right.plot(
        branches.densities, np.linalg.norm(branches.W[:, 0], axis=-1), "o-", color=PALETTE[1]
    )
    right.set(ylabel="norm of the first feature", ylim=(-0.05, None))
    for axis in (left, right):
        axis.set_xlabel("relative density r of the first feature")
        if crossing is not None:
            axis.axvline(crossing, color="#999999", linestyle=":")
    save(figure, path)


def _draw_losses(axis: Any, branches: "Branches") -> None:
    least = np.fmin(branches.pentagon, branches.digons)
    for name, loss, colour, mark in (
        ("pentagon", branches.pentagon, PALETTE[0], "o-"),
        ("two digons", branches.digons, PALETTE[3], "s--"),
    ):
        axis.plot(branches.densities, loss / least, mark, color=colour, label=name, markersize=4)
    axis.set_ylabel("loss / lowest loss")
    axis.legend(frameon=False, loc="center right")
