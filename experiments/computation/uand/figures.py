"""Errors against the width, and the width that is needed against the number of features."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.computation.uand.measure import (
    LEVEL,
    MANY,
    N_ON,
    Conjunctions,
    Layers,
    Trained,
    bound,
)
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save

KINDS = {
    "superposed": "inputs in superposition",
    "interference": "change by superposition",
    "aligned": "without superposition",
}
UAND = Figure(
    "uand.png",
    "Errors of the random layer against its width, the width needed against the number of features,"
    " and trained networks beside it.",
    f"Left: mean absolute error of the AND of two of m features where {N_ON} features are on, in"
    f" the class of pairs where it is largest; dotted: where k are on, at m = {MANY}; dashed:"
    f" {LEVEL}. Middle: the width at which each error is {LEVEL}, against m; dashed: m^(2/3);"
    " dotted: the lower bound √(m log₂ m). Right: trained networks and the random layer of as many"
    f" neurons; dashed: an error of {LEVEL}, and the bound.",
)


def draw(measured: Conjunctions, folder: Path) -> list[Figure]:
    """Draw errors, the widths that are needed, and trained networks."""
    figure, (left, middle, right) = new_figure(1, 3, width=11, height=3.5)
    _draw_errors(left, measured.layers)
    _draw_needed(middle, measured.layers)
    _draw_trained(right, measured.trained)
    save(figure, folder / UAND.name)
    return [UAND]


def _draw_errors(axis: Any, layers: Layers) -> None:
    rows = zip(layers.features, layers.errors.superposed, PALETTE, strict=False)
    for m, row, colour in rows:
        axis.plot(layers.widths, row, "o-", color=colour, markersize=3, label=f"m = {m}")
    for at, (k, row) in enumerate(layers.more.items()):
        axis.plot(layers.widths, row, ":", color="#333333", linewidth=1)
        style = {"textcoords": "offset points", "xytext": (4, 10 * at - 5), "fontsize": 8}
        axis.annotate(f"k = {k}", (layers.widths[-1], row[-1]), **style)
    axis.axhline(LEVEL, color="#999999", ls="--", linewidth=0.8)
    axis.set(yscale="log", xlabel="width d", ylabel="error of the AND")
    log_ticks(axis, layers.widths[::2])
    axis.legend(frameon=False, fontsize=8)


def _draw_needed(axis: Any, layers: Layers) -> None:
    m = layers.features
    for (kind, label), colour in zip(KINDS.items(), PALETTE, strict=False):
        axis.plot(m, layers.widths_needed(kind), "o-", color=colour, markersize=4, label=label)
    interference = layers.widths_needed("interference")
    if np.isfinite(interference[0]):
        power = interference[0] * (m / m[0]) ** (2 / 3)
        axis.plot(m, power, "--", color="#333333", linewidth=0.8, label=r"$\propto m^{2/3}$")
    axis.plot(m, bound(m), ":", color="#333333", linewidth=1, label="lower bound")
    axis.set(yscale="log", xlabel="features m", ylabel=f"width for an error of {LEVEL}")
    axis.set_ylim(bottom=bound(m).min() / 8)  # room for the legend
    log_ticks(axis, m)
    axis.legend(frameon=False, fontsize=8, loc="lower right")


def _draw_trained(axis: Any, trained: Trained) -> None:
    for errors, colour, name in (
        (trained.random, PALETTE[0], "random layer"),
        (trained.errors, PALETTE[1], "trained"),
    ):
        axis.plot(trained.widths, errors, "o", color=colour, markersize=4, label=name)
    axis.axhline(LEVEL, color="#999999", ls="--", linewidth=0.8)
    axis.axvline(float(bound(np.array(trained.m))), color="#999999", ls="--", linewidth=0.8)
    title = f"{trained.m} features"
    axis.set(yscale="log", xlabel="width d", ylabel="error of the AND", title=title)
    log_ticks(axis, np.unique(trained.widths))
    axis.legend(frameon=False, fontsize=8)
