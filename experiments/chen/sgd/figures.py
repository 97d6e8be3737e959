"""The exact loss of every run, in flat stretches."""

from pathlib import Path
from typing import Any

from experiments.chen import theory
from experiments.chen.sgd.measure import Runs
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Exact loss of each run over its steps, in flat stretches at the losses of polygons."
CAPTION = (
    "Exact loss of every run after each block of updates. Dashed: the losses of the polygons;"
    " a + for each feature without a direction whose bias is 1/12. Beside them the estimate of"
    " their learning coefficient."
)


def draw(measured: Runs, folder: Path) -> list[Figure]:
    """Draw a line for each run, and one for each polygon."""
    figure, axis = new_figure(1, 1, width=8, height=4)
    drawn: Any = axis
    drawn.plot(measured.steps, measured.losses.T, color=PALETTE[0], linewidth=0.8, alpha=0.6)
    for name in theory.KINDS:
        level = theory.level(name)
        drawn.axhline(level, color="black", linestyle="dashed", linewidth=0.8)
        text = f"{name}   λ̂ = {measured.llc[name]:.1f}" if name in measured.llc else name
        drawn.annotate(
            text, (1.01, level), xycoords=("axes fraction", "data"), va="center", fontsize=8
        )
    drawn.set(xlabel="updates", ylabel="exact loss", ylim=(0.04, 0.12))
    save(figure, folder / "plateaus.png")
    return [Figure("plateaus.png", ALT, CAPTION)]
