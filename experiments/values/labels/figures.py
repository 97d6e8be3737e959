"""Regret against labels, the labels that a regret takes, and what has no name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.values.curves import Curve
from experiments.values.drawn import draw_curve, draw_reached
from experiments.values.labels.claims import LIMIT, crossovers
from experiments.values.labels.measure import Labels
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save

NAMES = {
    "scratch": "labels, from scratch",
    "dense": "labels, dense in concepts",
    "sparse": "labels, sparse in concepts",
    "ambiguous": "labels, any two names",
}
COLOURS = dict(zip(NAMES, PALETTE, strict=False))
LABELS = Figure(
    "labels.png",
    "Regret against labels for five learners, and labels that a regret of 0.2 takes by concepts.",
    "Left: regret with the most concepts, mean and 95 % interval of the mean over runs in"
    " these worlds; the pointer by names has no labels. Middle: in the same colours, labels until"
    " the mean regret is 0.2, with 95 % of resampled runs; grey: powers 1 and 0.33 of K. What is"
    " reached with the fewest labels, or never, is left out. Right: of the sparse learner, by the"
    " number of concepts that are valued.",
)
SHARES = Figure(
    "shares.png",
    "Regret by labels where a part of the value has no name, and when labels overtake names.",
    "A colour is a share of the value's variance that is named. Left: labels alone (solid), names"
    " that labels correct (dashed) and names alone (dotted). Middle: labels from which on labels"
    " alone are better than names alone. Right: regret of names alone, of what is learned from many"
    " labels by the pointer, and of a pointer that knows its concepts (line, exact).",
)


def draw(measured: Labels, folder: Path) -> list[Figure]:
    """Draw both."""
    figure, (left, middle, right) = new_figure(1, 3, width=12, height=3.8)
    _draw_learners(left, measured)
    _draw_growth(middle, measured)
    _draw_others(right, measured)
    save(figure, folder / LABELS.name)
    figure, (left, middle, right) = new_figure(1, 3, width=12, height=3.8)
    _draw_shares(left, measured)
    _draw_crossovers(middle, measured)
    _draw_floors(right, measured)
    save(figure, folder / SHARES.name)
    return [LABELS, SHARES]


def _draw_learners(axis: Any, measured: Labels) -> None:
    most = max(measured.pointer)
    for name, curves in measured.by_concepts.items():
        if most in curves:
            draw_curve(axis, curves[most], COLOURS[name], NAMES[name])
    line = {"color": PALETTE[7], "ls": ":", "label": "pointer by names"}
    axis.axhline(measured.pointer[most], **line)
    axis.set(ylabel="regret (1 is chance)", ylim=(-0.02, 1.1), title=f"K = {most:g} concepts")
    _labels_along(axis)
    axis.legend(frameon=False, fontsize=8)


def _labels_along(axis: Any) -> None:
    log_ticks(axis, [4, 16, 64, 256, 1024, 4096])
    axis.set(xlabel="labels")


def _draw_growth(axis: Any, measured: Labels) -> None:
    for name, curves in measured.by_concepts.items():
        draw_reached(axis, curves, LIMIT, COLOURS[name], NAMES[name])
    sizes = np.array([*measured.pointer])
    for power, start in ((1, 12), (0.33, 30)):
        axis.plot(
            sizes, start * (sizes / sizes[0]) ** power, "--", color="#999999", lw=0.8, zorder=0
        )
    log_ticks(axis, sizes)
    log_ticks(axis, [8, 16, 32, 64, 128, 256, 512], along="y")
    axis.set(xlabel="concepts K", ylabel=f"labels until the regret is {LIMIT}")


def _draw_others(axis: Any, measured: Labels) -> None:
    name = "concepts that are valued"
    draw_reached(axis, measured.by_valued, LIMIT, COLOURS["sparse"], name)
    log_ticks(axis, [*measured.by_valued])
    log_ticks(axis, [16, 32, 64, 128, 256, 512], along="y")
    axis.set(xlabel="concepts that are valued, of 32", ylabel=f"labels until the regret is {LIMIT}")


def _share_colours(measured: Labels) -> dict[float, str]:
    return dict(zip(sorted(measured.pointer_by_share, reverse=True), PALETTE, strict=False))


def _draw_shares(axis: Any, measured: Labels) -> None:
    for share, colour in _share_colours(measured).items():
        axis.axhline(measured.pointer_by_share[share], color=colour, ls=":", lw=1.2)
        for name, line in (("sparse", "o-"), ("corrected", "s--")):
            if (curve := measured.by_share[name].get(share)) is not None:
                label = f"named share {share:g}" if name == "sparse" else None
                axis.plot(curve.n, curve.mean, line, ms=3, lw=1.2, color=colour, label=label)
    axis.set(ylabel="regret (1 is chance)", ylim=(-0.02, 1.02))
    _labels_along(axis)
    if axis.get_legend_handles_labels()[0]:
        axis.legend(frameon=False, fontsize=8)


def _draw_crossovers(axis: Any, measured: Labels) -> None:
    found = {share: n for share, n in crossovers(measured).items() if np.isfinite(n)}
    axis.plot([*found], [*found.values()], "o-", ms=4, color=COLOURS["sparse"])
    log_ticks(axis, [32, 64, 128, 256, 512], along="y")
    axis.set(xlabel="named share of the value's variance", xlim=(0.2, 1.03))
    axis.set(ylabel="labels that overtake names")


def _draw_floors(axis: Any, measured: Labels) -> None:
    for values, line, name in (
        (measured.expected, "-", "exact"),
        (measured.pointer_by_share, "o", "pointer by names"),
        (measured.distilled, "x", "learned from its labels"),
    ):
        shares = sorted(values)
        colour = {"-": "#999999", "o": PALETTE[7], "x": PALETTE[3]}[line]
        axis.plot(shares, [values[each] for each in shares], line, ms=5, color=colour, label=name)
    axis.set(xlabel="named share of the value's variance", ylabel="regret without a human's labels")
    axis.legend(frameon=False, fontsize=8)


def tables(measured: Labels) -> Sequence[Table]:
    """Labels by learner and number of concepts, with what pretraining read."""
    sizes = [*measured.pointer]
    rows = [
        [NAMES[name], *(_text(curves.get(size)) for size in sizes)]
        for name, curves in measured.by_concepts.items()
    ]
    caption = (
        f"Labels by a human until the regret is {LIMIT}. Besides, each pretrained network has read"
        f" {measured.n_text:,} truth values of concepts in text, which say nothing of values; all"
        " learners but that from scratch use them."
    )
    pointer = ["pointer by names", *("0" for _ in sizes)]
    return [Table(caption, ["learner", *(f"K = {k:g}" for k in sizes)], [*rows, pointer])]


def _text(curve: Curve | None) -> str:
    if curve is None:
        return "-"
    labels = curve.reach(LIMIT)
    if np.isinf(labels):
        return f"more than {curve.n[-1]:g}"
    return f"at most {labels:.0f}" if labels == curve.n[0] else f"{labels:.0f}"
