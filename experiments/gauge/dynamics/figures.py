"""The figures of dynamics of labels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from experiments.gauge.dynamics.equivariance import NAMES, TIED, UNTIED, Gaps
from experiments.gauge.dynamics.label_space import Followed
from experiments.gauge.dynamics.measure import Dynamics
from experiments.gauge.dynamics.speed import WIDTHS, Times
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save

TABLE_ALT = (
    "Table of optimisers by groups with the difference of labels, and the difference over"
    " updates for some."
)
TABLE_CAPTION = (
    "Left: how far equivalent starts are from being equivalent after 200 updates on the"
    " same data, as a power of ten; blue is rounding. Right: the same after each update."
)
LABELS_ALT = (
    "Difference of W Wᵀ and G over updates, time of an update by width, drift of charges by"
    " learning rate."
)
LABELS_CAPTION = (
    "Left: with momentum, largest difference of an entry of the Gram matrix from that of W"
    " in float64. Middle: time of an update of W and of G at 40 features. Right: drift of"
    " the charge in 50 updates; dashed, the square of the learning rate."
)
HEADS = {
    "O(m)": "O(m)",
    "signed permutation": "signed\npermut.",
    "permutation": "permut.",
    "permutation of units": "permut.\nof units",
    "scale of units": "scale\nof units",
    "scale of a layer": "scale of\na layer",
    "O(m) of both": "O(m)\nof both",
    "GL(m)": "GL(m)",
}
SHOWN = (
    ("sgd", "O(m)"),
    ("adam", "O(m)"),
    ("adam", "signed permutation"),
    ("shampoo", "O(m)"),
    ("muon", "O(m)"),
    ("muon", "O(m) of both"),
)
FLOOR = 1e-17


def draw(measured: Dynamics, folder: Path) -> list[Figure]:
    """Draw optimiser by group, and W against its label."""
    return [
        _draw_table(measured.table, folder / "table.png"),
        _draw_labels(measured, folder / "labels.png"),
    ]


def _draw_table(table: Mapping[str, Gaps], path: Path) -> Figure:
    """Differences of labels after the last update by optimiser and group, and some over updates."""
    figure, (left, right) = new_figure(1, 2, width=12.5, height=4.4, width_ratios=(1.7, 1))
    _draw_ends(left, table)
    shown = [pair for pair in SHOWN if pair[1] in table.get(pair[0], {})]
    for colour, (name, group) in zip(PALETTE, shown, strict=False):
        series = np.maximum(table[name][group], FLOOR)
        right.plot(np.arange(1, len(series) + 1), series, color=colour, linewidth=1.3,
                   label=f"{NAMES[name]}, {group}")  # fmt: skip
    right.set(yscale="log", xlabel="updates", ylabel="relative difference of labels")
    right.set_ylim(FLOOR, 1e2)
    right.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(0.0, 0.55))
    save(figure, path)
    return Figure(path.name, TABLE_ALT, TABLE_CAPTION)


def _draw_ends(axis: Any, table: Mapping[str, Gaps]) -> None:
    """The power of ten of the last difference, a square for each optimiser and group."""
    names = list(table)
    groups = [group for group in (*TIED, *UNTIED) if group in table[names[0]]]
    ends = np.array([[table[name][group][-1] for group in groups] for name in names])
    powers = np.log10(np.maximum(ends, FLOOR))
    colours = LinearSegmentedColormap.from_list("gap", [PALETTE[0], "#FFFFFF", PALETTE[1]])
    axis.imshow(powers, cmap=colours, vmin=-16, vmax=1, aspect="auto")
    for (row, column), power in np.ndenumerate(powers):
        axis.text(column, row, f"{round(power)}", ha="center", va="center", fontsize=9,
                  color="white" if power < -13 else "black")  # fmt: skip
    axis.set_xticks(range(len(groups)), [HEADS[group] for group in groups], fontsize=8)
    axis.set_yticks(range(len(names)), [NAMES[name] for name in names])
    axis.tick_params(length=0)
    axis.xaxis.tick_top()
    for spine in axis.spines.values():
        spine.set_visible(False)
    for edge in (len(TIED) - 0.5, len(TIED) + 2.5):
        axis.axvline(edge, color="white", linewidth=4)
    for place, name in ((1, "tied"), (4, "ReLU units"), (6.5, "linear bottleneck")):
        axis.text(place, len(names) - 0.35, name, ha="center", va="top", fontsize=9)


def _draw_labels(measured: Dynamics, path: Path) -> Figure:
    """Differences of W and its label over updates, times of updates, and drifts of charges."""
    figure, (left, middle, right) = new_figure(1, 3, width=13, height=3.8, width_ratios=(1.5, 1, 1))
    _draw_gaps(left, measured.labels.followed)
    _draw_times(middle, measured.times)
    for colour, name, (rates, values) in (
        (PALETTE[2], "linear units", measured.linear),
        (PALETTE[3], "ReLU units", measured.relu),
    ):
        right.plot(rates, values, "o", color=colour, label=name, markersize=5)
        right.plot(rates, values[-1] * (rates / rates[-1]) ** 2, "--", color=colour, linewidth=1)
    right.set(yscale="log", xlabel="learning rate", ylabel="drift of the charge")
    log_ticks(right, measured.linear.rates, "{:.3g}")
    right.minorticks_off()
    right.legend(frameon=False, fontsize=8)
    save(figure, path)
    return Figure(path.name, LABELS_ALT, LABELS_CAPTION)


def _draw_times(axis: Any, times: Times) -> None:
    axis.plot(WIDTHS, times.in_weights, "o-", color=PALETTE[0], label="W", markersize=4)
    axis.axhline(times.in_labels, color=PALETTE[1], label="G")
    axis.set(xlabel="hidden width m", ylabel="µs an update")
    axis.set_ylim(bottom=0)
    log_ticks(axis, WIDTHS)
    axis.legend(frameon=False, fontsize=8)


def _draw_gaps(axis: Any, followed: Followed) -> None:
    series = {
        "G by the rule alone": (followed.raw, PALETTE[1], "-"),
        "G, rank truncated": (followed.gap, PALETTE[0], "-"),
        "G by the rule alone, float32": (followed.raw_single, PALETTE[1], ":"),
        "W, float32": (followed.single, PALETTE[7], ":"),
    }
    for label, (gaps, colour, style) in series.items():
        values = gaps["momentum"]
        shown = np.where(np.isfinite(values) & (values < 1e2), np.maximum(values, FLOOR), np.nan)
        steps = np.arange(1, len(shown) + 1)
        axis.plot(steps, shown, style, color=colour, label=label, linewidth=1.3)
    axis.set(yscale="log", xlabel="updates", ylabel="largest difference of W Wᵀ")
    axis.set_ylim(FLOOR, 1e2)
    axis.legend(frameon=False, fontsize=8, loc="center right", bbox_to_anchor=(1, 0.36))
