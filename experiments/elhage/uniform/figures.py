"""Figures of uniform superposition: D* and D_i against density, and the polytopes."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.elhage.uniform.levels import LINES, smooth
from experiments.elhage.uniform.measure import THRESHOLD, Models, Sweeps
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save
from superpos.metrics import POLYTOPES

DIMENSIONS = Figure(
    "uniform.png",
    "Dimensions per feature against density, and the dimensionality of every feature.",
    "Left: D* = m / ‖W‖² of each model. Middle: D_i of each represented feature; lines are"
    " the levels of polytopes. Right: the same pooled over all models, with the smooth"
    " null.",
)
MOST_FACTORS = 12


def draw(measured: Sweeps, folder: Path) -> list[Figure]:
    """Draw dimensions per feature with the dimensionalities, and polytopes."""
    _draw_dimensions(folder / DIMENSIONS.name, measured)
    shown = _draw_polytopes(folder / "polytopes.png", measured.base)
    polytopes = Figure(
        "polytopes.png",
        "Share of represented features by polytope, and the tegum factors of one model.",
        f"Left: which figure represented features are corners of. Right: the tegum factors of"
        f" the model with most kinds of figures, p = {shown:.3g}, each in its own plane of"
        " largest extent; an edge is an inner product above 0.1 in size.",
    )
    return [DIMENSIONS, polytopes]


def _draw_dimensions(path: Path, measured: Sweeps) -> None:
    """Draw D* of every sweep, D_i of the base, and their histogram."""
    figure, (left, middle, right) = new_figure(1, 3, width=11, height=3.8, width_ratios=(4, 5, 2))
    for (name, each), marker, colour in zip(measured.by_name.items(), "osd", PALETTE, strict=False):
        n, m = each.W.shape[1:]
        label = f"{name.replace('_', ' ')}: n = {n}, m = {m}"
        left.plot(1 / each.density, each.per_feature, marker, color=colour, ms=4, label=label)
    for level in (1, 1 / 2):
        left.axhline(level, color="#999999", linewidth=0.8, zorder=0)
    left.set(xscale="log", xlabel="1 / density", ylabel="$D^*$, dimensions per feature")
    left.set_ylim(bottom=0)
    left.legend(frameon=False, fontsize=8)
    base = measured.base
    x = np.broadcast_to(1 / base.density[:, None], base.D.shape)
    D = base.D[base.kept]
    middle.plot(x[base.kept], D, ".", color=PALETTE[0], markersize=3, alpha=0.4)
    middle.set(xscale="log", xlabel="1 / density", ylabel="$D_i$", ylim=(0, 1.02))
    middle.set_xlim(left.get_xlim())
    right.hist(D, bins=100, range=(0, 1), density=True, orientation="horizontal")
    right.plot(*smooth(D)[::-1], color=PALETTE[3], label="smooth null")
    right.legend(frameon=False, fontsize=8, loc="upper right")
    right.set(xlabel="density of $D_i$", ylim=(0, 1.02), yticks=[])
    for axis in (middle, right):
        for level in LINES:
            axis.axhline(level, color="#999999", linewidth=0.6, zorder=0)
    save(figure, path)


def _draw_polytopes(path: Path, models: Models) -> float:
    """Draw the share of each figure against density, and the factors of one model.

    Returns:
        The density of the model whose factors are drawn.
    """
    chosen = int(np.argmax([_variety(codes) for codes in models.codes]))
    W, labels, kept = models.W[chosen], models.labels[chosen], models.kept[chosen]
    blocks = [np.flatnonzero(kept & (labels == label)) for label in np.unique(labels[kept])]
    blocks = sorted(blocks, key=lambda rows: (-len(rows), rows[0]))[:MOST_FACTORS]
    columns = 2 if len(blocks) <= 4 else 4
    rows_of_factors = max(1, -(-len(blocks) // columns))
    figure, axes = new_figure(rows_of_factors, columns + 3, width=12, height=4.2, squeeze=False)
    grid = axes[0, 0].get_gridspec()
    for axis in axes[:, :3].flat:
        axis.remove()
    _draw_shares(figure.add_subplot(grid[:, :3]), models)
    drawn = list(axes[:, 3:].flat)
    for axis in drawn:
        axis.axis("off")
    for axis, rows in zip(drawn, blocks, strict=False):
        _draw_factor(axis, W[rows])
        axis.set_title(POLYTOPES[models.codes[chosen, rows[0]]], fontsize=8)
    save(figure, path)
    return float(models.density[chosen])


def _variety(codes: np.ndarray) -> int:
    """Ranks models by their kinds of figures of more than two features, then by features there.

    Args:
        codes: figure of each feature of a model, (n,).
    """
    plain = [POLYTOPES.index(name) for name in ("none", "single", "digon", "other")]
    figures = codes[~np.isin(codes, plain)]
    return len(np.unique(figures)) * (len(codes) + 1) + figures.size


def _draw_shares(axis: Any, models: Models) -> None:
    densities = np.unique(models.density)[::-1]
    kept = [models.codes[models.density == p][models.kept[models.density == p]] for p in densities]
    present = np.unique(np.concatenate(kept)) if kept else []
    bottom = np.zeros(len(densities))
    for code in present:
        shares = np.array([(each == code).mean() if each.size else 0.0 for each in kept])
        last = code == len(POLYTOPES) - 1
        colour = "#CCCCCC" if last else PALETTE[int(np.flatnonzero(present == code)[0]) % 8]
        places = np.arange(len(densities))
        axis.bar(places, shares, bottom=bottom, width=0.9, color=colour, label=POLYTOPES[code])
        bottom += shares
    axis.set_xticks(np.arange(len(densities)), [f"{p:.2g}" for p in densities], rotation=60)
    axis.set(xlabel="density", ylabel="share of represented features", ylim=(0, 1))
    if len(present):
        axis.legend(frameon=False, fontsize=8, ncols=min(3, len(present)), loc="lower left",
                    bbox_to_anchor=(0.0, 1.0))  # fmt: skip


def _draw_factor(axis: Any, rows: np.ndarray) -> None:
    """A factor (k, m) in the plane of its two largest singular values, with its edges."""
    _, _, axes = np.linalg.svd(rows, full_matrices=False)
    plane = rows @ axes[:2].T
    plane = np.pad(plane, [(0, 0), (0, 2 - plane.shape[1])])
    gram = rows @ rows.T
    for i, j in zip(*np.triu_indices(len(rows), 1), strict=True):
        if abs(gram[i, j]) > THRESHOLD:
            colour = PALETTE[3] if gram[i, j] > 0 else PALETTE[0]
            axis.plot(*plane[[i, j]].T, color=colour, linewidth=0.8, alpha=0.7)
    axis.plot(*plane.T, "o", color=PALETTE[7], markersize=3)
    axis.set(xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), aspect="equal")
