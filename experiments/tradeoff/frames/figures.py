"""Interference by activation, and the cosines of the best sparse models."""

from pathlib import Path

import matplotlib
import numpy as np

from experiments.tradeoff.frames.measure import Measured
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

NAMES = {
    "linear": "linear",
    "relu": "ReLU",
    "gelu": "GELU",
    "hidden_relu": "hidden ReLU",
    "hidden_solu": "hidden SoLU",
}
PARTS = {
    "squared": "mean cos² / Welch bound",
    "largest": "largest |cos| / Welch bound",
    "negative": "negative share of cos²",
    "crosstalk": "cross-talk / linear floor",
}
FRAMES = Figure(
    "frames.png",
    "Four measures of interference by activation and density, beside bounds and random directions.",
    "Each dot is an instance, darker where features are denser. Above: the mean squared and the"
    " largest cosine between represented features, over the least that as many directions can have"
    " (Welch). Below: the part of Σ cos² that is of negative cosines; and the cross-talk that the"
    " read-out W Wᵀ leaves between represented features, over the least of any linear read-out.",
)
COSINES = Figure(
    "cosines.png",
    "Matrices of cosines between features, for five activations.",
    "Cosines between all features of the best model at the least density, in the order of their"
    " numbers: red is positive, blue negative.",
)


def draw(measured: Measured, folder: Path) -> list[Figure]:
    """Draw both."""
    figure, axes = new_figure(2, 2, width=10, height=6)
    for axis, (part, label) in zip(axes.flat, PARTS.items(), strict=True):
        for place, each in enumerate(measured.frames.values()):
            values = getattr(each, part)
            colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(values)))
            shifts = np.linspace(-0.2, 0.2, len(values)) if len(values) > 1 else [0.0]
            for row, colour, shift, p in zip(values, colours, shifts, each.density, strict=True):
                name = f"p = {p:.3g}" if place == 0 else None
                places = np.full(len(row), place + shift)
                axis.plot(places, row, "o", color=colour, ms=4, alpha=0.8, label=name)
        if part != "negative":
            axis.axhline(1, color=PALETTE[7], ls="--", lw=1, label="bound")
        line = {"color": PALETTE[3], "ls": ":", "lw": 1.2, "label": "random directions"}
        axis.axhline(measured.random[part], **line)
        names = [NAMES[name] for name in measured.frames]
        axis.set_xticks(range(len(names)), names)
        axis.set(ylabel=label, yscale="log" if part == "crosstalk" else "linear")
    axes[0, 0].legend(frameon=False, fontsize=8)
    save(figure, folder / FRAMES.name)
    figure, axes = new_figure(1, len(measured.frames), width=11, height=2.6, sharey=True)
    for axis, (name, each) in zip(axes, measured.frames.items(), strict=True):
        axis.imshow(each.cosines, cmap="RdBu_r", vmin=-1, vmax=1)
        axis.set(title=NAMES[name], xlabel="feature")
        axis.locator_params(integer=True, nbins=5)
    axes[0].set_ylabel("feature")
    figure.colorbar(axes[0].images[0], ax=axes, label="cosine")
    save(figure, folder / COSINES.name)
    return [FRAMES, COSINES]
