"""The phase diagram, and the loss against capacity."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.scherlis import theory
from experiments.scherlis.phase.measure import Diagram, Phases
from experiments.scherlis.phase.returns import Returns
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Phase diagram over kurtosis and relative importance, and loss against capacity."


def draw(measured: Phases, folder: Path) -> list[Figure]:
    """Draw both beside each other."""
    figure, axes = new_figure(1, 2, width=10, height=3.8)
    mesh = _draw_diagram(axes[0], measured.diagram)
    figure.colorbar(mesh, ax=axes[0], label="capacity of feature 2")
    _draw_returns(axes[1], measured.returns)
    save(figure, folder / "capacity_phases.png")
    caption = (
        "Left: capacity of the less important feature in the best model; the line is"
        " v2/v1 = 2/(κ − 1). At v2 = v1 and small κ either feature may take the neuron. Right: loss"
        " against the capacity of the more important feature, at v2/v1 ="
        f" {measured.returns.ratio:g}; dots are models on their way through gradient descent, lines"
        " the least loss at each capacity, and rings the capacity at the end. Returns increase for"
        " small κ, so that one feature takes the neuron, and diminish for large κ, so that both"
        " share it."
    )
    return [Figure("capacity_phases.png", ALT, caption)]


def _draw_diagram(axis: Any, diagram: Diagram) -> Any:
    """Capacity of the second feature, and the line above which it is represented."""
    least = diagram.capacity[..., 1].T
    mesh = axis.pcolormesh(
        diagram.kurtosis, diagram.ratio, least, cmap="cividis", vmin=0, vmax=0.5, shading="nearest"
    )
    if len(diagram.kurtosis) > 1 and diagram.kurtosis[-1] > 3:
        kurtosis = np.linspace(3, diagram.kurtosis[-1], 200)
        axis.plot(kurtosis, theory.threshold(kurtosis), color=PALETTE[3], linewidth=2)
    axis.set(xlabel="kurtosis κ", ylabel="v2 / v1")
    return mesh


def _draw_returns(axis: Any, returns: Returns) -> None:
    """Measured loss against capacity (dots), the least at each (lines), the final model (rings)."""
    C = np.linspace(0, 1, 201)
    rows = zip(returns.kurtosis, returns.capacity, returns.loss, returns.final, strict=True)
    for (kurtosis, capacity, loss, final), colour in zip(rows, PALETTE, strict=False):
        scale = kurtosis - 1
        curve = theory.shared_neuron_loss(C, ratio=returns.ratio, kurtosis=kurtosis)
        axis.plot(C, curve / scale, color=colour, linewidth=1, label=f"κ = {kurtosis:.3g}")
        axis.plot(capacity, loss / scale, "o", color=colour, markersize=3.5)
        least = theory.shared_neuron_loss(final, ratio=returns.ratio, kurtosis=kurtosis)
        axis.plot(final, least / scale, "o", color=colour, markersize=10, mfc="none")
    axis.set(xlabel="capacity of feature 1", ylabel="loss / (κ − 1)")
    axis.legend(frameon=False, fontsize=8)
