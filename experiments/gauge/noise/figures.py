"""Spreads over bases beside spreads over seeds."""

from pathlib import Path

import numpy as np

from experiments.gauge.noise.measure import Noise, isotropic
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

LABELS = {"sgd": "SGD with momentum", "adam": "Adam", "row_adam": "row Adam"}
ALT = "Spread of the final Gram matrix over bases and over seeds, and kurtosis of rows of W."
CAPTION = (
    "Left: how far the Gram matrices of runs from one start in several bases are from their"
    " mean, a dot a seed, and (line) how far those of several seeds are. Right: mean kurtosis"
    " of the rows of W, a dot a seed; dashed, that of random directions."
)


def draw(measured: Noise, folder: Path) -> list[Figure]:
    """Draw the spread of the Gram matrix, and the kurtosis of rows of W."""
    figure, (left, right) = new_figure(1, 2, width=9, height=3.4)
    for place, spread in enumerate(measured.spreads.values()):
        colour = PALETTE[place]
        jitter = np.linspace(-0.12, 0.12, len(spread.by_seed))
        floor = np.maximum(spread.by_seed, 1e-9)
        left.plot(place + jitter, floor, "o", color=colour, markersize=4)
        left.plot([place - 0.3, place + 0.3], [spread.gram[1]] * 2, color="#333333", linewidth=1.5)
        right.plot(place + jitter, spread.kurtosis, "o", color=colour, markersize=4)
    left.set(yscale="log", ylabel="spread of the final W Wᵀ")
    expected = isotropic(measured.n_hidden)
    right.axhline(expected, color="#333333", linestyle="dashed", linewidth=1)
    right.set_ylabel("kurtosis of rows of W")
    names = [LABELS[name] for name in measured.spreads]
    for axis in (left, right):
        axis.set_xticks(range(len(names)), names)
        axis.set_xlim(-0.5, len(names) - 0.5)
    left.plot([], [], "o", color="#777777", label="over bases, for each seed")
    left.plot([], [], color="#333333", label="over seeds")
    left.legend(frameon=False, fontsize=8)
    save(figure, folder / "noise.png")
    return [Figure("noise.png", ALT, CAPTION)]
