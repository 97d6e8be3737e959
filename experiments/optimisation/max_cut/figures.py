"""Figures and tables of solvers of cuts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.optimisation.curves import Solvers
from experiments.optimisation.drawn import draw_family, solvers_of, tables_of
from experiments.optimisation.max_cut.claims import power, random_power
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import log_ticks, new_figure, save

ALT = "Optimisation power in bits by the number of candidates tried, for each solver."
CAPTION = (
    "Optimisation power, -log2 of the share of all 4,096 cuts that are as good as the answer, by"
    " the number of candidates whose value was computed. The grey line is the theory of random"
    " search. Local search computes all 12 neighbours in a step, and a partial cut in the beam is"
    " two candidates at each vertex; a program computes one cut, though its scores may read all"
    " edges. What is on the left tried no candidate: a network has its bits from training. There"
    " are at most 11 bits, as every cut has a mirror image that is the same."
)


def draw(measured: Solvers, folder: Path) -> list[Figure]:
    """Draw curves, the plane and optimisation power."""
    _draw_power(measured, folder / "power.png")
    return [*draw_family(measured, folder), Figure("power.png", ALT, CAPTION)]


def _draw_power(measured: Solvers, path: Path) -> None:
    figure, axis = new_figure(1, 1, width=7.5, height=4.2)
    tried = np.geomspace(1, 2**9, 100)
    axis.plot(1 + tried, random_power(tried), color="#999999", lw=3, alpha=0.5, label="theory")
    for name, curve, style in solvers_of(measured):
        axis.plot(1 + curve.evaluations, power(curve), ms=4, lw=1.2, label=name, **style)
    axis.axhline(11, color="#999999", lw=0.8)
    log_ticks(axis, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
    axis.set(xlabel="1 + candidates tried", ylabel="optimisation power (bits)", ylim=(0, 11.5))
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    save(figure, path)


def tables(measured: Solvers) -> Sequence[Table]:
    """Numbers of each solver, and the programs."""
    return tables_of(measured)
