"""The figures of dynamics of labels."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from experiments.gauge.charges import Drifts
from experiments.gauge.dynamics_claims import NAMES, TIED, UNTIED, WIDTHS
from experiments.gauge.label_space import Followed
from superpos.app.plots.figures import PALETTE, new_figure, save

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


def draw_table(path: Path, table: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """Differences of labels after the last update by optimiser and group, and some over updates."""
    names = list(table)
    groups = [group for group in (*TIED, *UNTIED) if group in table[names[0]]]
    figure, (left, right) = new_figure(1, 2, width=12.5, height=4.4, width_ratios=(1.7, 1))
    ends = np.array([[table[name][group][-1] for group in groups] for name in names])
    powers = np.log10(np.maximum(ends, FLOOR))
    colours = LinearSegmentedColormap.from_list("gap", [PALETTE[0], "#FFFFFF", PALETTE[1]])
    left.imshow(powers, cmap=colours, vmin=-16, vmax=1, aspect="auto")
    for (row, column), power in np.ndenumerate(powers):
        strong = power < -13
        left.text(column, row, f"{round(power)}", ha="center", va="center", fontsize=9,
                  color="white" if strong else "black")  # fmt: skip
    left.set_xticks(range(len(groups)), [HEADS[group] for group in groups], fontsize=8)
    left.set_yticks(range(len(names)), [NAMES[name] for name in names])
    left.tick_params(length=0)
    left.xaxis.tick_top()
    for spine in left.spines.values():
        spine.set_visible(False)
    for edge in (len(TIED) - 0.5, len(TIED) + 2.5):
        left.axvline(edge, color="white", linewidth=4)
    for place, name in ((1, "tied"), (4, "ReLU units"), (6.5, "linear bottleneck")):
        left.text(place, len(names) - 0.35, name, ha="center", va="top", fontsize=9)
    shown = [pair for pair in SHOWN if pair[1] in table.get(pair[0], {})]
    for colour, (name, group) in zip(PALETTE, shown, strict=False):
        series = np.maximum(table[name][group], FLOOR)
        right.plot(np.arange(1, len(series) + 1), series, color=colour, linewidth=1.3,
                   label=f"{NAMES[name]}, {group}")  # fmt: skip
    right.set(yscale="log", xlabel="updates", ylabel="relative difference of labels")
    right.set_ylim(FLOOR, 1e2)
    right.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(0.0, 0.55))
    save(figure, path)


def draw_labels(
    path: Path,
    followed: Followed,
    times: tuple[np.ndarray, float],
    drifts: Sequence[Drifts],
) -> None:
    """Differences of W and its label over updates, times of updates, and drifts of charges."""
    figure, (left, middle, right) = new_figure(1, 3, width=13, height=3.8, width_ratios=(1.5, 1, 1))
    _draw_gaps(left, followed)
    in_weights, in_labels = times
    middle.plot(WIDTHS, in_weights, "o-", color=PALETTE[0], label="W", markersize=4)
    middle.axhline(in_labels, color=PALETTE[1], label="G")
    middle.set(xscale="log", xlabel="hidden width m", ylabel="µs an update")
    middle.set_ylim(bottom=0)
    middle.set_xticks(WIDTHS, [str(width) for width in WIDTHS])
    middle.minorticks_off()
    middle.legend(frameon=False, fontsize=8)
    for colour, name, drift in zip(
        PALETTE[2:], ("linear units", "ReLU units"), drifts, strict=False
    ):
        rates, values = drift
        right.plot(rates, values, "o", color=colour, label=name, markersize=5)
        right.plot(rates, values[-1] * (rates / rates[-1]) ** 2, "--", color=colour, linewidth=1)
    right.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="drift of the charge")
    right.minorticks_off()
    right.set_xticks(drifts[0].rates, [f"{rate:.3g}" for rate in drifts[0].rates])
    right.legend(frameon=False, fontsize=8)
    save(figure, path)


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
