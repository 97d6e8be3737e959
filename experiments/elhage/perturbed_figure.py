"""The figure of the pentagon of which one feature becomes sparser."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.report.figures import PALETTE, new_figure, save

if TYPE_CHECKING:
    from experiments.elhage.perturbed import Branches

PANELS = 8


def draw(path: Path, branches: "Branches", crossing: float | None) -> None:
    """Directions at some of the densities, the losses of both branches, and a norm."""
    shown = np.unique(np.linspace(0, len(branches.densities) - 1, PANELS).astype(int))
    figure, axes = new_figure(2, 1, width=11, height=5.2)
    figure.clear()
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.5))
    for axis, index in zip(np.ravel(top.subplots(1, len(shown))), shown, strict=True):
        _draw_directions(axis, branches.W[index])
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
    axis.legend(frameon=False)


def _draw_directions(axis: Any, W: np.ndarray) -> None:
    circle = np.linspace(0, 2 * np.pi, 200)
    axis.plot(np.cos(circle), np.sin(circle), color="#BBBBBB", linewidth=0.8)
    for index, row in enumerate(W):
        colour, width = (PALETTE[0], 1.5) if index else (PALETTE[1], 3.0)
        axis.plot([0, row[0]], [0, row[1]], color=colour, linewidth=width)
        axis.plot(*row, "o", color=colour, markersize=4)
    axis.set(xlim=(-1.45, 1.45), ylim=(-1.45, 1.45), aspect="equal", xticks=[], yticks=[])
    for side in axis.spines.values():
        side.set_visible(False)
