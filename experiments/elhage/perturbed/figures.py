"""The figure of the pentagon of which one feature becomes sparser."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.elhage.perturbed.measure import Branches, crossing_of
from superpos.app.findings import Figure
from superpos.app.plots.arrows import draw_arrows
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = (
    "Directions of five features as one becomes sparser, from a regular pentagon to two digons,"
    " and the losses of both, which cross."
)
CAPTION = (
    "Top: rows of W of the best model at each relative density of the first feature (orange,"
    " thick). Below, left: the lowest loss of each branch, over that of the best; right: norm"
    " of the first feature in the best model."
)
PANELS = 8
COLOURS, WIDTHS = (PALETTE[1], *[PALETTE[0]] * 4), (3.0, *[1.5] * 4)


def draw(measured: Branches, folder: Path) -> list[Figure]:
    """Draw directions at some of the densities, the losses of both branches, and a norm."""
    r = measured.densities
    shown = np.unique(np.linspace(0, len(r) - 1, PANELS).astype(int))
    figure, _ = new_figure(2, 1, width=11, height=5.2)
    figure.clear()
    top, bottom = np.ravel(np.asarray(figure.subfigures(2, 1, height_ratios=(1, 1.5))))
    for axis, index in zip(np.ravel(top.subplots(1, len(shown))), shown, strict=True):
        draw_arrows(axis, measured.W[index], COLOURS, widths=WIDTHS)
        axis.set_title(f"r = {r[index]:.3g}")
    left, right = bottom.subplots(1, 2)
    _draw_losses(left, measured)
    right.plot(r, measured.norm, "o-", color=PALETTE[1])
    right.set(ylabel="norm of the first feature", ylim=(-0.05, None))
    crossing = crossing_of(measured)
    for axis in (left, right):
        axis.set_xlabel("relative density r of the first feature")
        if crossing is not None:
            axis.axvline(crossing, color="#999999", linestyle=":")
    save(figure, folder / "perturbed.png")
    return [Figure("perturbed.png", ALT, CAPTION)]


def _draw_losses(axis: Any, branches: Branches) -> None:
    least = np.fmin(branches.pentagon, branches.digons)
    for name, loss, colour, mark in (
        ("pentagon", branches.pentagon, PALETTE[0], "o-"),
        ("two digons", branches.digons, PALETTE[3], "s--"),
    ):
        axis.plot(branches.densities, loss / least, mark, color=colour, label=name, markersize=4)
    axis.set_ylabel("loss / lowest loss")
    axis.legend(frameon=False, loc="center right")
