"""The number of polysemantic neurons in each model."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.lecomte.collisions.measure import Weights, expected, polysemantic
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Number of polysemantic neurons against the number of neurons, along n²/(4m)."
CAPTION = (
    "Polysemantic neurons of each model (dots, spread sideways) and their mean (bar) against"
    " the number of neurons m; dashed: n²/(4m)."
)


def draw(measured: Weights, folder: Path) -> list[Figure]:
    """Draw a column for each number of neurons."""
    figure, drawn = new_figure(1, 1, width=6, height=4)
    axis: Any = drawn
    for W in measured.trained:
        m, counts = W.shape[-1], polysemantic(W)
        across = m * np.exp(np.linspace(-0.08, 0.08, len(counts)))
        axis.plot(across, counts, "o", color=PALETTE[0], markersize=3, alpha=0.6)
        axis.plot([m * 0.85, m * 1.18], [counts.mean()] * 2, color=PALETTE[1], linewidth=2.5)
    m, line = np.array([W.shape[-1] for W in measured.trained]), expected(measured.trained)
    axis.plot(m, line, "--", color="black", label="n²/(4m)")
    axis.set_xscale("log", base=2)
    axis.set_yscale("symlog", linthresh=1)
    axis.set_ylim(-0.3, 1.3 * max(line))
    axis.set(xticks=m, xticklabels=m, xlabel="neurons m", ylabel="polysemantic neurons")
    axis.legend(frameon=False)
    save(figure, folder / "collisions.png")
    return [Figure("collisions.png", ALT, CAPTION)]
