"""The boundary by closed form, optimum and training, how instances end, and losses."""

from pathlib import Path

import matplotlib
import numpy as np

from experiments.tradeoff.boundary.claims import ansatz_losses
from experiments.tradeoff.boundary.measure import Boundaries, closed_form
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Where two features share a dimension, how many instances do, and the losses."
CAPTION = (
    "Left: what the best model makes of two features, of importance 1 and r: an antipodal pair, or"
    " it leaves the second out. Lines: p* = 4r / (2 + 5r), the closed form, and the boundary of"
    " the exact optimum, where there is one. Middle: share of the instances that end as a pair,"
    " against p / p*. Right: losses at the largest r, over that of leaving the second feature out."
)


def draw(measured: Boundaries, folder: Path) -> list[Figure]:
    """Draw all three beside each other."""
    p, r = measured.density, measured.ratio
    figure, axes = new_figure(1, 3, width=11, height=3.8)
    rows, columns = np.meshgrid(p, r, indexing="ij")
    for shared, colour, label in ((True, PALETTE[0], "pair"), (False, "#BBBBBB", "one left out")):
        at = measured.shared == shared
        axes[0].plot(columns[at], rows[at], "o", color=colour, ms=4, label=label)
    fine = np.linspace(0, max(r), 100)
    axes[0].plot(fine, closed_form(fine), color=PALETTE[3], lw=1.5, label="p*")
    known = np.isfinite(measured.exact)
    axes[0].plot(r[known], measured.exact[known], "k--", lw=1.2, label="exact optimum")
    axes[0].set(xlabel="importance r of the second feature", ylabel="density p")
    axes[0].legend(frameon=False, fontsize=8, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(r)))
    for ratio, edge, share, colour in zip(
        r, measured.closed_form, measured.instances.T, colours, strict=True
    ):
        axes[1].plot(p / edge, share, "o-", ms=3, lw=1, color=colour, label=f"r = {ratio:g}")
    axes[1].axvline(1, color="#333333", lw=0.8)
    axes[1].set(xlabel="p / p*", ylabel="share of instances that are a pair", xlim=(0, 3))
    axes[1].legend(frameon=False, fontsize=8)
    variance = r[-1] * (p / 3 - p**2 / 4)
    pair, alone = ansatz_losses(np.full_like(p, r[-1]), p)
    for loss, style, colour, label in (
        (pair, "-", PALETTE[3], "pair, unit weights"),
        (alone, ":", "#888888", "one left out"),
        (measured.optimum[:, -1], "--", "black", "exact optimum"),
        (measured.loss[:, -1], "o", PALETTE[0], "best trained"),
    ):
        axes[2].plot(p, loss / variance, style, color=colour, ms=4, label=label)
    axes[2].set(xlabel="density p", ylabel="loss / loss of one left out", title=f"r = {r[-1]:g}")
    axes[2].legend(frameon=False, fontsize=8)
    save(figure, folder / "boundary.png")
    return [Figure("boundary.png", ALT, CAPTION)]
