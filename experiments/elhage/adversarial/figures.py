"""Vulnerability and features per dimension, against density and against each other."""

from pathlib import Path

from experiments.elhage.attacks import Attacked
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Relative vulnerability and features per dimension against density, and one another."
CAPTION = (
    "Left: how much the best attack raises the loss, over what it does to a model that keeps m"
    " features without superposition, and features per dimension. Right: one against the other,"
    " with a random step of the same norm."
)


def draw(measured: Attacked, folder: Path) -> list[Figure]:
    """Draw a point per model."""
    figure, axes = new_figure(1, 2, width=9, height=3.6)
    x = 1 / measured.density
    for values, label, colour, marker in (
        (measured.relative, "vulnerability, relative", PALETTE[3], "o"),
        (measured.features, "features per dimension", PALETTE[0], "s"),
    ):
        axes[0].plot(x, values, marker, color=colour, markersize=4, label=label)
    axes[0].set(xscale="log", xlabel="1 / density", ylim=(0, None))
    axes[0].legend(frameon=False, fontsize=8)
    axes[1].plot(measured.features, measured.relative, "o", color=PALETTE[3], label="attack")
    aimless = measured.aimless / measured.reference
    axes[1].plot(measured.features, aimless, "x", color=PALETTE[7], label="random step")
    axes[1].set(xlabel=r"features per dimension $\|W\|^2/m$", ylabel="raises the loss, relative")
    axes[1].legend(frameon=False, fontsize=8)
    save(figure, folder / "adversarial.png")
    return [Figure("adversarial.png", ALT, CAPTION)]
