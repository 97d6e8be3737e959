"""Noise of the function and final loss against the spread of the scales."""

from pathlib import Path

from experiments.gauge.rescaling.measure import Rescaled
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

LABELS = {"sgd": "SGD", "adam": "Adam", "balanced": "SGD in the balanced gauge"}
ALT = "Spread of the learned function and final loss against the spread of the scales of units."
CAPTION = (
    "Left: how far the functions that are learned from one network with differently scaled"
    " units are from their mean, as a share of the function. Right: final loss. Bands: least"
    " and largest of the seeds."
)


def draw(measured: Rescaled, folder: Path) -> list[Figure]:
    """Draw a line and a band for each optimiser."""
    spreads = measured.spreads
    figure, (left, right) = new_figure(1, 2, width=9, height=3.4)
    for axis, series in ((left, measured.noise), (right, measured.losses)):
        for colour, (name, values) in zip(PALETTE, series.items(), strict=False):
            axis.plot(spreads, values.mean(0), "o-", color=colour, label=LABELS[name], markersize=4)
            axis.fill_between(
                spreads, values.min(0), values.max(0), color=colour, alpha=0.15, linewidth=0
            )
        axis.set_xlabel("spread of the logarithm of the scales")
    left.set_ylabel("spread of the function, relative")
    left.set_yscale("symlog", linthresh=1e-7)
    left.set_ylim(bottom=0)
    right.set_ylabel("final loss")
    left.legend(frameon=False, fontsize=8)
    save(figure, folder / "rescaling.png")
    return [Figure("rescaling.png", ALT, CAPTION)]
