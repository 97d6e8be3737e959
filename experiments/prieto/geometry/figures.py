"""The features in the plane of the largest components, W Wᵀ, and how much of a curve there is."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from experiments.prieto.geometry.claims import STRONG
from experiments.prieto.geometry.measure import Geometry, Models, plane
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

NAMES = {"circle": "circle", "figure_eight": "figure of eight", "independent": "independent"}
SHOWN = 6
"""The width that is shown, or the nearest."""
PLANES = Figure(
    "geometry.png",
    "Twelve features in the plane of the two largest components of W, and W Wᵀ, for features on a"
    " circle, on a figure of eight, and independent ones.",
    "Above: features in the plane of the two largest principal components of W; a line joins them"
    " in their order, and colours go round with it. Below: W Wᵀ over its largest entry, red"
    " positive and blue negative. Strong weight decay.",
)
WIDTHS = Figure(
    "widths.png",
    "How much of the curve is in the plane, and how circulant W Wᵀ is, against the width.",
    "Left: R² of the curve in the plane of the two largest principal components; dotted: by chance."
    " Right: share of the variance of W Wᵀ off its diagonal that the distance between two features"
    " in their order explains. Filled: the strongest weight decay; open: the weakest.",
)


def draw(measured: Geometry, folder: Path) -> list[Figure]:
    """Draw features and W Wᵀ of each variant, and both measures against the width."""
    _draw_planes(folder / PLANES.name, measured)
    _draw_widths(folder / WIDTHS.name, measured)
    return [PLANES, WIDTHS]


def _draw_planes(path: Path, measured: Geometry) -> None:
    figure, axes = new_figure(2, 3, width=9, height=5.8)
    for (above, below), (name, label) in zip(axes.T, NAMES.items(), strict=True):
        found: Models = getattr(measured, name)
        chosen = found.where(STRONG) if len(found.where(STRONG).W) else found
        at = int(np.abs(chosen.width - SHOWN).argmin())
        _draw_plane(above, chosen.W[at])
        above.set_title(f"{label}, m = {chosen.width[at]}")
        gram = chosen.W[at] @ chosen.W[at].T
        below.imshow(gram / max(np.abs(gram).max(), 1e-300), cmap="RdBu_r", vmin=-1, vmax=1)
        below.set(xlabel="feature", xticks=[], yticks=[])
        above.set(xlabel="first component", ylabel="second component")
    axes[1, 0].set_ylabel("feature")
    figure.colorbar(axes[1, -1].images[0], ax=axes[1], label="W Wᵀ over its largest entry")
    save(figure, path)


def _draw_plane(axis: Any, W: np.ndarray) -> None:
    """The points, joined in their order."""
    x, y = plane(W).T
    n = len(W)
    axis.plot(np.append(x, x[0]), np.append(y, y[0]), color="#999999", linewidth=0.8, zorder=0)
    axis.scatter(x, y, c=matplotlib.colormaps["twilight_shifted"](np.arange(n) / n), s=40)
    for i, point in enumerate(zip(x, y, strict=True)):
        axis.annotate(str(i), point, textcoords="offset points", xytext=(4, 4), fontsize=8)
    axis.set_aspect("equal", adjustable="datalim")
    axis.margins(0.15)


def _draw_widths(path: Path, measured: Geometry) -> None:
    figure, (left, right) = new_figure(1, 2, width=8, height=3.3)
    for (name, label), colour in zip(NAMES.items(), PALETTE, strict=False):
        found: Models = getattr(measured, name)
        for decay in {found.decay.min(), found.decay.max()}:
            some, strongest = found.where(decay), decay == found.decay.max()
            order = np.argsort(some.width)
            look = {"color": colour, "markersize": 4, "mfc": colour if strongest else "white"}
            for axis, values in ((left, some.explained), (right, some.circulant)):
                text = label if strongest else None
                axis.plot(some.width[order], values[order], "o-", linewidth=1, label=text, **look)
    n = measured.circle.W.shape[1]
    left.axhline(2 / (n - 1), color="#999999", ls=":", linewidth=1)
    left.set(xlabel="width m", ylabel="R² of the curve in the plane", ylim=(0, 1.03))
    right.set(xlabel="width m", ylabel="circulant share of W Wᵀ", ylim=(0, 1.03))
    named = left.get_legend_handles_labels()
    figure.legend(*named, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    save(figure, path)
