"""L0, thresholds and recovery over the coefficient."""

from pathlib import Path

import numpy as np

from experiments.saes.saturation.measure import Saturation
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

SAELENS = {1e-4: 473.4, 1e-3: 363.9, 1e-2: 124.1, 0.1: 35.6, 1: 26.6, 10: 26.4, 100: 26.0}
"""L0 over the coefficient in SAELens' issue 719, on data of another size."""
ALT = "L0, mean threshold and MMCS over the coefficient, at two learning rates, beside SAELens."
CAPTION = (
    "Left: L0 as part of that at the least coefficient, beside the numbers of SAELens' issue 719,"
    " and the true number of features on. Middle: the mean threshold, and how far Adam can have"
    " moved it (dotted). Right: how well the true features are found."
)


def draw(measured: Saturation, folder: Path) -> list[Figure]:
    """Draw a line for each learning rate."""
    figure, axes = new_figure(1, 3, width=10, height=3.4, sharex=True)
    rows = zip(measured.rate, PALETTE, strict=False)
    for at, (rate, colour) in enumerate(rows):
        x, label = measured.coefficient, f"learning rate {rate:.3g}"
        axes[0].plot(x, measured.l0[at] / measured.l0[at, 0], "o-", color=colour, label=label)
        axes[1].plot(x, measured.threshold[at], "o-", color=colour)
        axes[1].axhline(measured.furthest[at], color=colour, ls=":", lw=1)
        axes[2].plot(x, measured.mmcs[at], "o-", color=colour)
    theirs = np.array(list(SAELENS.values()))
    axes[0].plot(
        *(list(SAELENS), theirs / theirs[0], "s--"),
        **{"color": PALETTE[7], "mfc": "none", "lw": 1, "label": "SAELens, issue 719"},
    )
    axes[0].axhline(
        measured.true_l0 / measured.l0[0, 0], color=PALETTE[2], ls="--", lw=1, label="true L0"
    )
    axes[0].set(ylabel="L0 as part of its largest", yscale="log", title="active latents")
    axes[0].legend(frameon=False, fontsize=8)
    axes[1].set(ylabel="mean threshold", title="thresholds")
    axes[2].set(ylabel="MMCS", ylim=(0, 1.02), title="recovery of the truth")
    for axis in axes:
        axis.set(xscale="log", xlabel="coefficient of the penalty")
    save(figure, folder / "saturation.png")
    return [Figure("saturation.png", ALT, CAPTION)]
