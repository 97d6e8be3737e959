"""Scaled weights, and measures under each symmetry."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from experiments.gauge.scale.dimensions import RAW, REPLACED
from experiments.gauge.scale.measure import Measured
from experiments.gauge.scale.moves import Changes
from experiments.gauge.scale.tied import ALPHAS, Tied
from experiments.gauge.scale.times_alpha import CURVE, Scaled
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

SCALE_ALT = "Loss against the factor of the weights, of classifiers and of tied autoencoders."
SCALE_CAPTION = (
    "Weights times α. Left: of a classifier features per dimension grow as α², accuracy"
    " stays, and cross entropy on examples not seen in training changes (a line each"
    " network). Right: of a tied autoencoder the loss is least at α = 1."
)
MEASURES_ALT = "How much each measure changes under each symmetry, and replacements against D_i."
MEASURES_CAPTION = (
    "Left: the largest relative change of each measure over networks and elements of the"
    " group, in float64; below the line, what is free of every symmetry. A rotation is not"
    " a symmetry of ReLU units. Right: the replacements of D_i in tied autoencoders, where"
    " D_i is sound; a dot is a feature with norm over 1/2."
)
ROWS = ("outputs", "probabilities", *RAW, *REPLACED)
LEAST = -16
"""log10 of what counts as no change at all."""
SYMMETRIES = {
    "unit permutation": "unit\npermutation",
    "unit rescaling": "unit\nrescaling",
    "scale of layer 1": "scale of\nlayer 1",
    "scale of layer 2": "scale of\nlayer 2",
    "logit shift": "logit\nshift",
    "rotation": "(rotation)",
}


def draw(measured: Measured, folder: Path) -> list[Figure]:
    """Draw what there are networks for: scaled weights, and measures under each symmetry."""
    figures = []
    if measured.scaled and measured.tied is not None:
        _draw_scale(folder / "scale.png", measured.scaled, measured.tied)
        figures.append(Figure("scale.png", SCALE_ALT, SCALE_CAPTION))
    if measured.changes and measured.tied is not None:
        _draw_measures(folder / "measures.png", measured.changes, measured.tied)
        figures.append(Figure("measures.png", MEASURES_ALT, MEASURES_CAPTION))
    return figures


def _draw_scale(path: Path, found: Mapping[str, Scaled], autoencoders: Tied) -> None:
    """What becomes of features per dimension, accuracy and loss where weights are scaled."""
    figure, (left, right) = new_figure(1, 2, width=9, height=3.8)
    for name, each in found.items():
        kind = "digits" if name.startswith("digits") else "sparse features"
        colour = PALETTE[3] if kind == "digits" else PALETTE[2]
        for what, shade, width, row in (
            ("features per dimension", PALETTE[7], 2.0, 0),
            ("accuracy", PALETTE[0], 2.0, 1),
            (f"cross entropy, {kind}", colour, 1.0, 2),
        ):
            taken = left.get_legend_handles_labels()[1]
            lines = left.plot(CURVE, each.curve[:, row].T, color=shade, linewidth=width, alpha=0.7)
            lines[0].set_label(None if what in taken else what)
    left.set(xscale="log", yscale="log", xlabel="weights of the first layer times α")
    left.set(ylabel="relative to α = 1", title="ReLU classifiers without biases")
    left.legend(frameon=False, fontsize=8)
    at_one = autoencoders.loss[:, np.abs(ALPHAS - 1).argmin()]
    for curve in autoencoders.loss / at_one[:, None]:
        right.plot(ALPHAS, curve, color=PALETTE[4], linewidth=1, alpha=0.8)
    right.axvline(1, color=PALETTE[7], linewidth=0.8, linestyle=":")
    right.set(xlabel="W times α", ylabel="loss relative to α = 1", title="tied autoencoders")
    save(figure, path)


def _draw_measures(path: Path, changes: Mapping[str, Changes], autoencoders: Tied) -> None:
    """Every measure under every symmetry; and replacements of D_i against it."""
    figure, (left, right) = new_figure(
        1, 2, width=11, height=4.2, gridspec_kw={"width_ratios": (1.7, 1)}
    )
    _draw_changes(figure, left, changes)
    seen, kept = autoencoders.measures, autoencoders.represented
    right.plot([0, 1], [0, 1], color=PALETTE[7], linewidth=0.8)
    for name, colour, marker in (
        ("balanced dimensionality", PALETTE[0], "o"),
        ("response dimensionality", PALETTE[1], "x"),
    ):
        points = seen["dimensionality"][kept], seen[name][kept]
        right.plot(*points, marker, color=colour, markersize=4, label=name)
    right.set(xlabel="dimensionality $D_i$", ylabel="its replacement", title="tied autoencoders")
    right.legend(frameon=False, fontsize=8)
    save(figure, path)


def _draw_changes(figure: Any, axis: Any, changes: Mapping[str, Changes]) -> None:
    table = np.array(
        [
            [max(each[group][what].max() for each in changes.values()) for group in SYMMETRIES]
            for what in ROWS
        ]
    )
    shown = np.log10(np.maximum(table, 10.0**LEAST))
    image = axis.imshow(shown, cmap="cividis", vmin=LEAST, vmax=0, aspect="auto")
    for (row, column), value in np.ndenumerate(table):
        text = f"{value:.2f}" if value > 1e-3 else f"{value:.0e}" if value else "0"
        colour = "black" if shown[row, column] > LEAST / 2 else "white"
        axis.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
    axis.axhline(len(ROWS) - len(REPLACED) - 0.5, color="white", linewidth=2)
    axis.set(xticks=range(len(SYMMETRIES)), xticklabels=SYMMETRIES.values())
    axis.set(yticks=range(len(ROWS)), yticklabels=ROWS, title="largest relative change")
    axis.tick_params(length=0, labelsize=8)
    for spine in axis.spines.values():
        spine.set_visible(False)
    figure.colorbar(image, ax=axis, label="log10", pad=0.01)
