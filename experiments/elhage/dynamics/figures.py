"""The figures of learning dynamics."""

from pathlib import Path

import numpy as np

from experiments.elhage.dynamics.measure import Course, Dynamics, Sets
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

JUMPS = Figure(
    "jumps.png",
    "Dimensionality of every feature over training, in jumps, above the loss.",
    "Top: D_i of each feature in the run whose final D_i are closest to 1/2. Below: the"
    " loss; dotted lines are where a feature moves fastest.",
)
STAGES = Figure(
    "stages.png",
    "Loss over training of all runs on two correlated sets, and how many end as what.",
    "Left: loss of every run on two correlated sets of three features, coloured by what it"
    " ends as. Right: number of runs.",
)


def draw(measured: Dynamics, folder: Path) -> list[Figure]:
    """Draw dimensionalities and loss over time, and the losses of all runs on two sets."""
    _draw_uniform(folder / JUMPS.name, measured.courses[0])
    _draw_sets(folder / STAGES.name, measured.sets)
    return [JUMPS, STAGES]


def _draw_uniform(path: Path, course: Course) -> None:
    """Dimensionalities over time above the loss, with the jumps marked."""
    figure, (top, bottom) = new_figure(2, 1, width=9, height=5.5, sharex=True)
    for index, series in enumerate(course.dimensionality.T):
        top.plot(course.steps, series, color=PALETTE[index % len(PALETTE)], linewidth=1)
    for level in (0, 2 / 5, 1 / 2, 2 / 3):
        top.axhline(level, color="#BBBBBB", linewidth=0.8, zorder=0)
    top.set(ylabel="$D_i$", ylim=(-0.02, max(0.7, 1.05 * course.dimensionality.max())))
    bottom.plot(course.steps, course.loss, color=PALETTE[7])
    for block in sorted({jump.block for jump in course.jumps}):
        bottom.axvline(course.steps[block], color=PALETTE[1], linestyle=":", linewidth=1)
    wide = course.loss.max() > 10 * course.loss.min()
    bottom.set(xlabel="updates", ylabel="loss", yscale="log" if wide else "linear")
    save(figure, path)


def _draw_sets(path: Path, sets: Sets) -> None:
    """Loss of every run by what it ends as, and how many end so."""
    kinds, losses = np.asarray(sets.kinds), sets.loss
    names, counts = np.unique(kinds, return_counts=True)
    order = np.argsort(-counts)
    figure, (left, right) = new_figure(1, 2, width=11, height=3.8, width_ratios=(1.6, 1))
    for place, name in enumerate(names[order]):
        colour = PALETTE[place % len(PALETTE)]
        for loss in losses[kinds == name]:
            left.plot(sets.steps, loss, color=colour, linewidth=0.9, alpha=0.6)
    left.set(xlabel="updates", ylabel="loss", yscale="log" if (losses > 0).any() else "linear")
    colours = [PALETTE[place % len(PALETTE)] for place in range(len(names))]
    right.barh(names[order], counts[order], color=colours)
    right.invert_yaxis()
    right.set_xlabel("runs")
    save(figure, path)
