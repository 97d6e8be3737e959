"""What each model keeps: W Wᵀ, and the norm and the interference of each feature."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.elhage.demonstrating.measure import Pair
from superpos.app.findings import Figure
from superpos.app.plots.figures import fragile_marks, new_figure, save
from superpos.app.plots.weights import draw_norms

ALT = "W times its transpose, and norm and interference of each feature, at each density."
CAPTION = (
    "Top of each pair: W Wᵀ (blue negative, red positive). Below: norm of each feature, in"
    " order of importance, coloured by interference (dark: has its dimension for itself;"
    " yellow: in superposition)."
)


def draw(measured: Pair, folder: Path) -> list[Figure]:
    """Draw two rows of panels per model, with a column per density."""
    n_densities = len(measured.relu.density)
    figure, axes = new_figure(
        2 * len(measured), n_densities, width=1.55 * n_densities, height=6.6, squeeze=False
    )
    for row, (name, models) in enumerate(measured._asdict().items()):
        marks = fragile_marks(models.fragile, n_densities)
        parts = zip(models.W, measured.relu.density, marks, strict=True)
        for column, (W, p, mark) in enumerate(parts):
            gram_axis, norm_axis = axes[2 * row : 2 * row + 2, column]
            _draw_gram(gram_axis, W)
            draw_norms(norm_axis, W)
            lines = mark.replace(" (", "\n(").replace(" to", "\nto")  # panels are narrow
            gram_axis.set_title(f"p = {p:.3g}{lines}")
        axes[2 * row, 0].set_ylabel(f"{name}: W Wᵀ")
        axes[2 * row + 1, 0].set_ylabel(f"{name}: feature")
    for axis in axes[-1]:
        axis.set_xlabel("norm")
    save(figure, folder / "demonstrating.png")
    return [Figure("demonstrating.png", ALT, CAPTION)]


def _draw_gram(axis: Any, W: np.ndarray) -> None:
    axis.imshow(W @ W.T, cmap="RdBu_r", vmin=-1, vmax=1)
    axis.set(xticks=[], yticks=[])
