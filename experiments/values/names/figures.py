"""What labels leave open, and the labels that tell which names are meant, by their bits."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.values.drawn import draw_curve, draw_reached
from experiments.values.names.claims import LIMIT, OPEN, least, told
from experiments.values.names.measure import Names
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save

NAMES = Figure(
    "names.png",
    "Bits that labels leave open of which names are meant, regret, and labels that tell.",
    "Left: entropy of the posterior over all sets of s names, mean and 95 % interval of the mean"
    " over runs in these worlds; dashed is the least that labels can leave open. Middle: regret of"
    " the mean reward of that posterior. Right: labels until one bit is open, with 95 % of"
    " resampled runs, against the bits that say which names are meant; dashed is the least, from"
    " what a label tells at most.",
)


def draw(measured: Names, folder: Path) -> list[Figure]:
    """Draw all in one."""
    figure, (left, middle, right) = new_figure(1, 3, width=12, height=3.8)
    for (s, curve), colour in zip(measured.left.items(), PALETTE, strict=False):
        draw_curve(left, curve, colour, f"s = {s}")
        bound = np.maximum(measured.bits[s] - curve.n * measured.label[s], 0)
        left.plot(curve.n, bound, "--", lw=0.9, color=colour)
        draw_curve(middle, measured.regret[s], colour, f"s = {s}")
    left.axhline(OPEN, color="#999999", lw=0.8, ls=":", zorder=0)
    middle.axhline(LIMIT, color="#999999", lw=0.8, ls=":", zorder=0)
    left.set(ylabel="bits left open", ylim=(0, None))
    middle.set(ylabel="regret (1 is chance)", ylim=(-0.02, 1.1))
    for axis in (left, middle):
        log_ticks(axis, [4, 8, 16, 32, 64, 128])
        axis.set(xlabel="labels")
        axis.legend(frameon=False, fontsize=8, title="names that are meant", title_fontsize=8)
    _draw_told(right, measured)
    save(figure, folder / NAMES.name)
    return [NAMES]


def _draw_told(axis: Any, measured: Names) -> None:
    by_bits = {measured.bits[s]: each for s, each in measured.left.items()}
    draw_reached(axis, by_bits, OPEN, PALETTE[7], "labels")
    axis.plot([*by_bits], [*least(measured).values()], "--", lw=1, color="#666666", label="least")
    for s, labels in told(measured).items():
        place = (measured.bits[s], labels)
        axis.annotate(f"s = {s}", place, (6, -12), textcoords="offset points", fontsize=8)
    axis.set(xlabel="bits that say which names, log2 C(32, s)", ylim=(0, None))
    axis.set(ylabel="labels until 1 bit is open")
    axis.margins(x=0.15)
    axis.legend(frameon=False, fontsize=8, loc="upper left")


def tables(measured: Names) -> Sequence[Table]:
    """Bits and labels by the number of names."""
    labels, bound = told(measured), least(measured)
    rows = [
        [
            f"{s}",
            f"{measured.bits[s]:.1f}",
            f"{measured.label[s]:.3f}",
            f"{bound[s]:.0f}",
            f"{labels[s]:.0f}",
            f"{measured.regret[s].reach(LIMIT):.0f}",
        ]
        for s in measured.bits
    ]
    header = ["names", "bits", "bits of a label", "least labels", "labels", f"to regret {LIMIT}"]
    caption = (
        "Bits that say which of 32 names are meant, what a label tells at most on average, the"
        " least labels until one bit is open, and those that it took; last, labels until the regret"
        f" is {LIMIT}."
    )
    return [Table(caption, header, rows)]
