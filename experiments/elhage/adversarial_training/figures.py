"""Features per dimension, vulnerability and loss against the norm of the attacks in training."""

from pathlib import Path

import numpy as np

from experiments.elhage.adversarial_training.measure import Hardened, curve
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Features per dimension, vulnerability and loss against the norm of attacks in training."
CAPTION = (
    "Models trained against attacks on random features, by their norm as part of the mean norm"
    " of inputs. Left: features per dimension; the line is no superposition. Middle: what the"
    " best attack of norm 0.1 does, over what it does to a model without superposition. Right:"
    " the loss without attacks."
)
LABELS = ("features per dimension ‖W‖²/m", "vulnerability, relative", "loss without attacks")


def draw(measured: Hardened, folder: Path) -> list[Figure]:
    """Draw a line per density."""
    figure, axes = new_figure(1, 3, width=10, height=3.4)
    for place, density in enumerate(np.unique(measured.attacked.density)[::-1]):
        norms, *series = curve(measured.attacked, density)
        for axis, values in zip(axes, series, strict=True):
            axis.plot(norms, values, "o-", color=PALETTE[place], label=f"p = {density:.3g}")
    for axis, label in zip(axes, LABELS, strict=True):
        axis.set(xlabel="norm of attacks in training", ylabel=label)
        axis.set_ylim(bottom=0)
    axes[0].axhline(1.0, color="#BBBBBB", linewidth=0.8, zorder=0)
    axes[0].legend(frameon=False, fontsize=8)
    save(figure, folder / "training.png")
    return [Figure("training.png", ALT, CAPTION)]
