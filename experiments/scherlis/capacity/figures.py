"""Capacities at each kurtosis, and the cosines between features in two models."""

from pathlib import Path

import numpy as np

from experiments.scherlis.capacity.measure import Allocation
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Capacity against importance for several kurtoses, and two matrices of cosines."
CAPTION = (
    "Left: capacity of each feature, in order of importance; lines are the exact optimum, dots"
    " trained models. Middle and right: |cos| between features at two kurtoses; features with a"
    " neuron for themselves are orthogonal to all others, and the rest forms one block."
)


def draw(measured: Allocation, folder: Path) -> list[Figure]:
    """Draw capacities, and the Gram matrix of two models."""
    figure, axes = new_figure(1, 3, width=12, height=3.8, width_ratios=(1.3, 1, 1))
    rows = zip(measured.kurtosis, measured.capacity, measured.optimal_capacity, strict=True)
    for (kurtosis, C, exact), colour in zip(rows, PALETTE, strict=False):
        features = np.arange(len(C))
        axes[0].plot(features, exact, color=colour, linewidth=1)
        axes[0].plot(features, C, "o", color=colour, markersize=4, label=f"κ = {kurtosis:.3g}")
    axes[0].set(xlabel="feature, from the most important", ylabel="capacity", ylim=(-0.03, 1.03))
    axes[0].legend(frameon=False, fontsize=8)
    for axis, row in zip(axes[1:], (len(measured.W) // 2, -1), strict=True):
        unit = measured.unit[row]
        mesh = axis.imshow(np.abs(unit @ unit.T), cmap="cividis", vmin=0, vmax=1)
        axis.set(title=f"|cos|, κ = {measured.kurtosis[row]:.3g}", xlabel="feature")
        figure.colorbar(mesh, ax=axis, shrink=0.8)
    save(figure, folder / "capacity.png")
    return [Figure("capacity.png", ALT, CAPTION)]
