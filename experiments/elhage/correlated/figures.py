"""The geometries of sets of features, and the collapse to principal components."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.elhage.correlated.measure import THRESHOLDS, Collapse, Sets
from superpos.app.findings import Figure
from superpos.app.plots.arrows import draw_arrows
from superpos.app.plots.figures import PALETTE, new_figure, save

COLOURS = (*[PALETTE[0]] * 2, *[PALETTE[3]] * 2, *[PALETTE[2]] * 2)
STYLES = ("-", "--") * 3
PANELS = 8
GEOMETRIES = Figure(
    name="correlated.png",
    alt="Directions of pairs of correlated and of anticorrelated features, and W Wᵀ of two sets.",
    caption="Best models; features of a set have one colour. Right: W Wᵀ of two correlated sets of"
    " ten features in ten dimensions (blue negative, red positive).",
)
COLLAPSE = Figure(
    name="collapse.png",
    alt="Directions of three correlated pairs from sparse to dense, and the number of pairs that"
    " are collapsed at each density.",
    caption="Three correlated pairs in two dimensions, the best model at each density p. Below:"
    " pairs of which only the principal component is kept; dotted: from where the paper shows one,"
    " two and three.",
)


def draw(measured: Sets, folder: Path) -> list[Figure]:
    """Draw the geometries, and what becomes of three pairs as density rises."""
    _draw_geometries(folder / GEOMETRIES.name, measured)
    _draw_collapse(folder / COLLAPSE.name, measured.collapse)
    return [GEOMETRIES, COLLAPSE]


def _draw_geometries(path: Path, measured: Sets) -> None:
    """Directions of two and three pairs, and W Wᵀ of two larger sets."""
    figure, axes = new_figure(1, 4, width=11, height=3.1)
    sparsest = measured.collapse.densities[0]
    shown = (
        ("2 × 2 correlated", measured.correlated),
        ("2 × 2 anticorrelated", measured.anticorrelated),
        (f"3 × 2 correlated, p = {sparsest:.3g}", measured.collapse.W[0]),
    )
    for axis, (title, w) in zip(axes, shown, strict=False):
        draw_arrows(axis, w, COLOURS, styles=STYLES)
        axis.set_title(title)
    axes[3].imshow(measured.local @ measured.local.T, cmap="RdBu_r", vmin=-1, vmax=1)
    axes[3].set(title="2 × 10 correlated: W Wᵀ", xticks=[], yticks=[])
    save(figure, path)


def _draw_collapse(path: Path, collapse: Collapse) -> None:
    """Directions at some densities, and the collapsed pairs at all and as they are expected."""
    densities = collapse.densities
    shown = np.unique(np.linspace(0, len(densities) - 1, PANELS).astype(int))
    figure, axes = new_figure(2, len(shown), width=11, height=4.4, squeeze=False)
    for axis, index in zip(axes[0], shown, strict=True):
        draw_arrows(axis, collapse.W[index], COLOURS, styles=STYLES)
        axis.set_title(f"p = {densities[index]:.2g}")
    grid = axes[1, 0].get_gridspec()
    for axis in axes[1]:
        axis.remove()
    _draw_counts(figure.add_subplot(grid[1, :]), collapse)
    save(figure, path)


def _draw_counts(axis: Any, collapse: Collapse) -> None:
    densities, counts = collapse.densities, collapse.counts
    axis.step(densities, counts, "o-", where="mid", color=PALETTE[7], markersize=4)
    for p in THRESHOLDS.values():
        axis.axvline(p, color="#999999", linestyle=":")
    axis.set(xscale="log", xlabel="density p of a set", ylabel="collapsed pairs", yticks=range(4))
