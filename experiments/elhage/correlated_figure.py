"""The figures of correlated and anticorrelated sets of features."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.elhage.directions import draw_directions
from superpos.app.plots.figures import PALETTE, new_figure, save

COLOURS = (*[PALETTE[0]] * 2, *[PALETTE[3]] * 2, *[PALETTE[2]] * 2)
STYLES = ("-", "--") * 3
PANELS = 8


def draw_geometries(path: Path, W: Mapping[str, np.ndarray], sparsest: float) -> None:
    """Directions of two and three pairs, and W Wᵀ of two larger sets."""
    figure, axes = new_figure(1, 4, width=11, height=3.1)
    shown = (
        ("2 × 2 correlated", W["correlated"]),
        ("2 × 2 anticorrelated", W["anticorrelated"]),
        (f"3 × 2 correlated, p = {sparsest:.3g}", W["pca"][0]),
    )
    for axis, (title, w) in zip(axes, shown, strict=False):
        draw_directions(axis, w, COLOURS, styles=STYLES)
        axis.set_title(title)
    axes[3].imshow(W["local"] @ W["local"].T, cmap="RdBu_r", vmin=-1, vmax=1)
    axes[3].set(title="2 × 10 correlated: W Wᵀ", xticks=[], yticks=[])
    save(figure, path)


def draw_collapse(
    path: Path,
    densities: np.ndarray,
    W: np.ndarray,
    counts: np.ndarray,
    expected: Sequence[float],
) -> None:
    """Directions at some densities, and the collapsed pairs at all and as they are expected."""
    shown = np.unique(np.linspace(0, len(densities) - 1, PANELS).astype(int))
    figure, axes = new_figure(2, len(shown), width=11, height=4.4, squeeze=False)
    for axis, index in zip(axes[0], shown, strict=True):
        draw_directions(axis, W[index], COLOURS, styles=STYLES)
        axis.set_title(f"p = {densities[index]:.2g}")
    grid = axes[1, 0].get_gridspec()
    for axis in axes[1]:
        axis.remove()
    _draw_counts(figure.add_subplot(grid[1, :]), densities, counts, expected)
    save(figure, path)


def _draw_counts(
    axis: Any, densities: np.ndarray, counts: np.ndarray, expected: Sequence[float]
) -> None:
    axis.step(densities, counts, "o-", where="mid", color=PALETTE[7], markersize=4)
    for p in expected:
        axis.axvline(p, color="#999999", linestyle=":")
    axis.set(xscale="log", xlabel="density p of a set", ylabel="collapsed pairs", yticks=range(4))
