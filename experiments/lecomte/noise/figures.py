"""How features change over training with each kind of noise."""

from pathlib import Path

from experiments.lecomte.noise.measure import Concentrations
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Mean fourth power of weights over training, rising with plus-minus noise only."
CAPTION = (
    "Mean over features and instances of ‖W_i‖₄⁴ over training, for noise of ±σ and Gaussian"
    " noise of standard deviation σ on the hidden layer."
)


def draw(measured: Concentrations, folder: Path) -> list[Figure]:
    """Draw a panel for each kind of noise, a line for each scale."""
    figure, axes = new_figure(1, 2, width=9, height=3.6, sharey=True)
    panels = {"noise of ±σ": measured.bernoulli, "Gaussian noise": measured.gaussian}
    for axis, (title, values) in zip(axes, panels.items(), strict=True):
        for line, scale, colour in zip(values, measured.sigma, PALETTE, strict=False):
            axis.plot(measured.steps, line, color=colour, label=f"σ = {scale:.3g}")
        axis.set(xlabel="updates", title=title, ylim=(0, 1.05))
    axes[0].set_ylabel(r"mean $\|W_i\|_4^4$")
    axes[0].legend(frameon=False)
    save(figure, folder / "noise.png")
    return [Figure("noise.png", ALT, CAPTION)]
