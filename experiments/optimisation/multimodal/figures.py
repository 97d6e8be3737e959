"""Figures and tables of solvers of wells."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.optimisation.descent import N_DESCENT
from experiments.optimisation.drawn import NAMES, STYLES, draw_family, hybrid_name, tables_of
from experiments.optimisation.multimodal.claims import expected_unsolved
from experiments.optimisation.multimodal.measure import SOLVED, Multimodal, unsolved
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import log_ticks, new_figure, save

ALT = "A problem with its basins, and the share of problems unsolved by the number of descents."
CAPTION = (
    "Left: a held-out problem. Lines are levels of f, and the shaded area is the basin of the"
    " global minimum: from there, gradient descent solves the problem. Right: the share of problems"
    f" whose regret is above {SOLVED:g} after so many descents of {N_DESCENT} steps, each from a"
    " new random start; the line is what independent starts would do, from the share of each"
    " problem's starts that is counted in float64. The hybrid first starts at a network's answer."
)


def draw(measured: Multimodal, folder: Path) -> list[Figure]:
    """Draw curves, the plane and basins."""
    figure, axes = new_figure(1, 2, width=9, height=4)
    _draw_map(measured, axes[0])
    _draw_descents(measured, axes[1])
    save(figure, folder / "basins.png")
    return [*draw_family(measured.solvers, folder), Figure("basins.png", ALT, CAPTION)]


def _draw_map(measured: Multimodal, axis: Any) -> None:
    side, value, solved = measured.map
    inside = [0.5, 1.5]
    axis.contourf(side, side, solved.T.astype(float), levels=inside, colors=["#56B4E9"], alpha=0.35)
    axis.contour(side, side, value.T, levels=12, colors="#555555", linewidths=0.7, linestyles="-")
    axis.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal", title="one problem")
    axis.set(xticks=[-1, -0.5, 0, 0.5, 1], yticks=[-1, -0.5, 0, 0.5, 1])


def _draw_descents(measured: Multimodal, axis: Any) -> None:
    solvers = measured.solvers
    first = N_DESCENT.bit_length()
    restarts = solvers.direct["restarts"]
    descents = 2.0 ** np.arange(len(restarts.flops) - first)
    finely = np.geomspace(1, descents[-1], 50)
    expected = [expected_unsolved(measured, r) for r in finely]
    axis.plot(finely, expected, color="#999999", lw=3, alpha=0.5, label="independent starts")
    curves = [
        (NAMES["restarts"], restarts, STYLES["restarts"][0], "o"),
        (hybrid_name(solvers), solvers.hybrid["objective"], STYLES["objective"][0], "^"),
    ]
    for name, curve, colour, marker in curves:
        shares = [unsolved(curve, at) for at in range(first, len(curve.flops))]
        axis.plot(descents, shares, color=colour, marker=marker, lw=1.2, label=name)
    axis.set(xlabel="descents", ylabel="share of problems unsolved", ylim=(0, 1))
    log_ticks(axis, [int(each) for each in descents])
    axis.legend(frameon=False, fontsize=8)


def tables(measured: Multimodal) -> Sequence[Table]:
    """Numbers of each solver, and the programs."""
    return tables_of(measured.solvers)
