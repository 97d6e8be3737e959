"""Loss and effective compute over FLOPs."""

from pathlib import Path

import numpy as np

from experiments.triggers.effective_compute.measure import FACTOR, Gains
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Loss over FLOPs of both recipes with the baseline's law, and effective compute over FLOPs."
CAPTION = (
    "Left: the loss of the baseline (mean over the seeds that the law is fitted to; crosses: those"
    " held out), its law, and runs with a falling learning rate. Right: their effective compute,"
    " with the interval of the bootstrap; on the diagonal FLOPs are effective compute. An"
    " evaluation of the baseline at the first budget asks for the next one at 4 times its compute"
    " (dashed): the improved recipe crosses it where the arrow begins, a counter of FLOPs says so"
    " where it ends."
)


def draw(measured: Gains | None, folder: Path) -> list[Figure]:
    """Draw both panels; without numbers they are empty."""
    figure, (left, right) = new_figure(1, 2, width=9, height=3.8)
    if measured is not None:
        base = measured.baseline
        left.plot(base.flops, base.loss.mean(0), "o", color=PALETTE[0], label="baseline")
        held = measured.held_out
        left.plot(held.flops, held.loss.mean(0), "x", color=PALETTE[0], label="held out")
        left.plot(measured.flops, measured.loss, "s", color=PALETTE[1], label="improved")
        if measured.law is not None:
            x = np.geomspace(base.flops[0], base.flops[-1], 100)
            law = [measured.law.loss(each) for each in x]
            left.plot(x, law, color=PALETTE[0], lw=1, label="law of the baseline")
            _compute(right, measured)
    left.set(xscale="log", yscale="log", xlabel="FLOPs", ylabel="loss on fresh examples")
    right.set(xscale="log", yscale="log", xlabel="FLOPs", ylabel="effective compute (FLOPs)")
    for axis in (left, right):
        if axis.get_legend_handles_labels()[0]:
            axis.legend(frameon=False, fontsize=8)
    save(figure, folder / "effective_compute.png")
    return [Figure("effective_compute.png", ALT, CAPTION)]


def _compute(axis, measured: Gains) -> None:
    """Effective compute, and what is too late."""
    flops, compute, base = measured.flops, measured.compute, measured.baseline
    error = np.abs(measured.interval - compute)
    axis.errorbar(flops, compute, error, fmt="s-", color=PALETTE[1], capsize=2, label="improved")
    axis.plot(base.flops, measured.control * base.flops, "x", color=PALETTE[0], label="held out")
    axis.plot(base.flops, base.flops, color=PALETTE[7], lw=1, label="FLOPs")
    if measured.on_time.size:
        anchor = flops[0]
        axis.axhline(FACTOR * anchor, ls="--", lw=1, color=PALETTE[3])
        ends = {"xy": (FACTOR * anchor, FACTOR * anchor)}
        begun = (measured.on_time[0] * FACTOR * anchor, FACTOR * anchor)
        arrow = {"arrowstyle": "->", "color": PALETTE[3], "lw": 1.5}
        axis.annotate("", xytext=begun, arrowprops=arrow, **ends)
