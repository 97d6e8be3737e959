"""Regret and labels by the hidden units that concepts share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from experiments.values.capacity.claims import LIMIT, shared, to_limit, to_part
from experiments.values.capacity.measure import Capacity
from experiments.values.curves import Curve, fitted
from experiments.values.drawn import draw_reached
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save

NAMES = {
    "dense": "dense in concepts",
    "sparse": "sparse in concepts",
    "corrected": "sparse beside names",
    "units": "dense in hidden units",
}
COLOURS = dict(zip(NAMES, (*PALETTE[1:4], PALETTE[4]), strict=True))
CAPACITY = Figure(
    "capacity.png",
    "Regret against labels by the hidden units of the network, labels that a regret of 0.5 takes,"
    " and regret of names.",
    "Left: mean regret of a dense reward of concepts over networks and seeds; a colour is the"
    " number of hidden units that 32 concepts share. Middle: labels until the mean regret is 0.5,"
    " with 95 % of resampled runs; what is reached with the fewest labels, or never, is left out."
    " The dashed line is the power law of the dense reward up to 32 units. Right: regret of names"
    " without any labels, and of each reward from 4,096 labels. Below the units are the features"
    " per dimension, as concepts are read out of them.",
)


def draw(measured: Capacity, folder: Path) -> list[Figure]:
    """Draw all in one."""
    figure, (left, middle, right) = new_figure(1, 3, width=12, height=3.9)
    _draw_curves(left, measured)
    _draw_labels(middle, measured)
    _draw_floors(right, measured)
    save(figure, folder / CAPACITY.name)
    return [CAPACITY]


def _draw_curves(axis: Any, measured: Capacity) -> None:
    curves = measured.curves["dense"]
    shades = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(curves)))
    for (m, curve), colour in zip(curves.items(), shades, strict=True):
        axis.plot(curve.n, curve.mean, "o-", ms=3, lw=1.2, color=colour, label=f"{m:g} units")
    axis.axhline(LIMIT, color="#999999", lw=0.8, ls=":", zorder=0)
    log_ticks(axis, [4, 16, 64, 256, 1024, 4096])
    axis.set(xlabel="labels", ylabel="regret (1 is chance)", ylim=(-0.02, 1.1))
    axis.legend(frameon=False, fontsize=8, title="dense in concepts", title_fontsize=8)


def _draw_labels(axis: Any, measured: Capacity) -> None:
    for name, curves in measured.curves.items():
        draw_reached(axis, curves, LIMIT, COLOURS[name], NAMES[name])
    dense = shared(measured, measured.curves["dense"])
    slope, off = fitted(dense, to_limit)
    if off:
        law = [to_limit(dense[m]) / each for m, each in off.items()]
        style = {"color": "#666666", "lw": 1.2, "label": f"m to the power {slope:.2f}"}
        axis.plot([*off], law, "--", **style)
    log_ticks(axis, [4, 8, 16, 32, 64, 128, 256, 512, 1024], along="y")
    _units_along(axis, measured)
    axis.set(ylabel=f"labels until the regret is {LIMIT}")
    if axis.get_legend_handles_labels()[0]:
        axis.legend(frameon=False, fontsize=8)


def _draw_floors(axis: Any, measured: Capacity) -> None:
    style = {"ms": 4, "lw": 1.2}
    axis.plot([*measured.names], [*measured.names.values()], "s-", color=PALETTE[7], **style)
    axis.lines[-1].set_label("names, no labels")
    for name, curves in measured.curves.items():
        regret = [each.mean[-1] for each in curves.values()]
        axis.plot([*curves], regret, "o-", color=COLOURS[name], label=NAMES[name], **style)
    _units_along(axis, measured)
    axis.set(ylabel="regret (1 is chance)", ylim=(0, None))
    axis.legend(frameon=False, fontsize=8, title="4,096 labels, or names", title_fontsize=8)


def _units_along(axis: Any, measured: Capacity) -> None:
    features = measured.features_per_dimension
    log_ticks(axis, [*features])
    axis.set_xticks([*features], [f"{m:g}\n{each:.1f}" for m, each in features.items()])
    axis.set(xlabel="hidden units m, and features per dimension")


def tables(measured: Capacity) -> Sequence[Table]:
    """Labels by learner and width, with how concepts share units."""
    widths = [*measured.features_per_dimension]
    rows = [
        ["features per dimension", *(f"{measured.features_per_dimension[m]:.2f}" for m in widths)],
        ["mean capacity of a concept", *(f"{measured.capacity[m]:.2f}" for m in widths)],
        ["regret of names", *(f"{measured.names.get(m, np.nan):.3f}" for m in widths)],
    ]
    for name, curves in measured.curves.items():
        rows.append([NAMES[name], *(_text(curves.get(m), to_limit) for m in widths)])
    halves = [_text(measured.curves["units"].get(m), to_part) for m in widths]
    rows.append(["hidden units, half of the gain", *halves])
    caption = (
        "How concepts share hidden units, the regret of names without labels, and the labels until"
        f" the regret of each reward is {LIMIT}; last, the labels that give half of what the most"
        " labels give."
    )
    return [Table(caption, ["", *(f"m = {m:g}" for m in widths)], rows)]


def _text(curve: Curve | None, labels_of: Callable[[Curve], float]) -> str:
    if curve is None:
        return "–"
    labels = labels_of(curve)
    return f"{labels:.0f}" if np.isfinite(labels) else "never"
