"""Loss and effective compute over FLOPs."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.triggers.effective_compute.measure import FACTOR, Gains
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Loss over FLOPs of three recipes with the baseline's law, and effective compute over FLOPs."
CAPTION = (
    "Left: loss of the baseline, mean over the seeds that its law is fitted to and over those held"
    " out; the law; and two other recipes, whose learning rates fall to 0. Right: effective"
    " compute of the recipes, the FLOPs at which the baseline has their loss, with the interval of"
    " a bootstrap; on the black line it is the FLOPs spent. After an evaluation of the baseline at"
    f" the first budget, the next one is due at {FACTOR:g} times its effective compute (dashed). A"
    " recipe is due where it crosses the dashed line; a counter of FLOPs notices only where the"
    " black line does."
)
LABELS = {"improved": "cosine from 3e-3", "higher": "cosine from 1e-2"}


def draw(measured: Gains | None, folder: Path) -> list[Figure]:
    """Draw both panels; without numbers they are empty."""
    figure, (left, right) = new_figure(1, 2, width=9, height=3.8)
    if measured is not None:
        _losses(left, measured)
        if measured.law is not None:
            _compute(right, measured)
    left.set(xscale="log", yscale="log", xlabel="FLOPs", ylabel="loss on fresh examples")
    right.set(xscale="log", yscale="log", xlabel="FLOPs", ylabel="effective compute (FLOPs)")
    for axis in (left, right):
        if axis.get_legend_handles_labels()[0]:
            axis.legend(frameon=False, fontsize=8)
    save(figure, folder / "effective_compute.png")
    return [Figure("effective_compute.png", ALT, CAPTION)]


def _losses(axis: Any, measured: Gains) -> None:
    base, held = measured.baseline, measured.held_out
    axis.plot(base.flops, base.loss.mean(0), "o", color=PALETTE[0], label="baseline")
    axis.plot(held.flops, held.loss.mean(0), "x", color=PALETTE[0], label="held out")
    for colour, (name, runs) in zip(PALETTE[1:], measured.recipes.items(), strict=False):
        axis.plot(runs.flops, runs.loss, "s", color=colour, label=LABELS[name])
    if measured.law is not None:
        x = np.geomspace(base.flops[0], base.flops[-1], 100)
        law = [measured.law.loss(each) for each in x]
        axis.plot(x, law, color=PALETTE[0], lw=1, label="law of the baseline")


def _compute(axis: Any, measured: Gains) -> None:
    base = measured.baseline
    axis.plot(base.flops, base.flops, color=PALETTE[7], lw=1, label="FLOPs spent")
    axis.plot(base.flops, measured.control * base.flops, "x", color=PALETTE[0], label="held out")
    for colour, (name, runs) in zip(PALETTE[1:], measured.recipes.items(), strict=False):
        error = np.maximum([[-1], [1]] * (runs.interval - runs.compute), 0)
        style = {"fmt": "s-", "color": colour, "capsize": 2, "label": LABELS[name]}
        axis.errorbar(runs.flops, runs.compute, error, **style)
    due = f"next evaluation, {FACTOR:g}x"
    axis.axhline(FACTOR * base.flops[0], ls="--", lw=1, color=PALETTE[4], label=due)
