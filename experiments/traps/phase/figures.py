"""Losses, overlaps and what they make of action E by occupancy, and directions at three of them."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.traps import theory
from experiments.traps.phase.claims import BONUS, HIGH, LOW
from experiments.traps.phase.measure import Phases
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

PHASES = Figure(
    "phases.png",
    "Loss, overlaps of three pairs and excess loss of action E, against the occupancy of E.",
    "Each dot is the best of all starts at one occupancy p, the share of episodes with action E;"
    " lines are the closed form. Left: the loss in two dimensions, in three, and of random"
    " directions. Middle: overlaps, the squared cosines of pairs of features; between the dotted"
    " lines, at p = .382 and .618, no pair shares a direction. Right: how much larger the loss is"
    f" after E than after S. Where that is above the bonus of E, here {BONUS:g}, E pays less than"
    " S, so that a policy takes it less often (arrow to the left), and E still pays less.",
)
DIRECTIONS = Figure(
    "directions.png",
    "Directions of three features in the plane at three occupancies.",
    "Directions of the features in the plane, of the best start, turned so that feature 3 is"
    " horizontal; a line has no sign, as overlaps have none. Where action E is rare (left), feature"
    " 1 lies on feature 2, with which it is on after E alone; where S is rare (right), feature 2"
    " lies on feature 3; at 1/2 (middle) the features share the plane.",
)
TICKS = (0, 0.25, 0.5, 0.75, 1)
PAIRS = ("1 and 2, after E", "1 and 3, after both", "2 and 3, after S")


def draw(measured: Phases, folder: Path) -> list[Figure]:
    """Draw the phases, and directions."""
    figure, axes = new_figure(1, 3, width=11, height=3.8)
    fine = np.linspace(0, 1, 401)
    _draw_losses(axes[0], measured, fine)
    _draw_overlaps(axes[1], measured, fine)
    _draw_excess(axes[2], measured, fine)
    for axis in axes:
        axis.set(xlabel="occupancy p of action E", xlim=(-0.02, 1.02))
        for edge in (theory.LOWER, theory.UPPER):
            axis.axvline(edge, color="#999999", lw=1, ls=":", zorder=0)
    save(figure, folder / PHASES.name)
    figure, axes = new_figure(1, 3, width=8, height=2.9)
    for axis, occupancy in zip(axes, (LOW, 0.5, HIGH), strict=True):
        _draw_directions(axis, measured, occupancy)
    named = axes[0].get_legend_handles_labels()
    figure.legend(*named, loc="outside lower center", ncols=3, frameon=False)
    save(figure, folder / DIRECTIONS.name)
    return [PHASES, DIRECTIONS]


def _draw_losses(axis: Any, measured: Phases, fine: np.ndarray) -> None:
    flat, room = measured.flat, measured.room
    axis.plot(flat.occupancy, measured.random, "--", color="#777777", label="random directions")
    axis.plot(fine, theory.least_loss(fine), color=PALETTE[0], lw=1.2)
    for phase, marker, colour, label in (
        (flat, "o", PALETTE[0], "two dimensions"),
        (room, "s", PALETTE[2], "three dimensions"),
    ):
        losses = theory.loss_of(phase.best, phase.occupancy)
        axis.plot(phase.occupancy, losses, marker, color=colour, ms=4, label=label)
    axis.set(ylabel="expected loss", ylim=(-0.04, 1.3), yticks=TICKS)
    axis.legend(frameon=False, fontsize=8, loc="upper left")


def _draw_overlaps(axis: Any, measured: Phases, fine: np.ndarray) -> None:
    expected, found = theory.best_overlaps(fine), measured.flat.best
    for pair, (name, marker) in enumerate(zip(PAIRS, "o^s", strict=True)):
        axis.plot(fine, expected[:, pair], color=PALETTE[pair], lw=1.2)
        axis.plot(
            measured.flat.occupancy, found[:, pair], marker, color=PALETTE[pair], ms=4, label=name
        )
    axis.set(ylabel="overlap, cos²", ylim=(-0.04, 1.3), yticks=TICKS)
    axis.legend(frameon=False, fontsize=8, loc="upper center", ncols=2, columnspacing=1)


def _draw_excess(axis: Any, measured: Phases, fine: np.ndarray) -> None:
    flat = measured.flat
    axis.plot(fine, theory.excess_of_e(theory.best_overlaps(fine)), color=PALETTE[3], lw=1.2)
    axis.plot(flat.occupancy, theory.excess_of_e(flat.best), "o", color=PALETTE[3], ms=4)
    axis.axhline(BONUS, color="black", lw=1, ls="--")
    edge = theory.separator(BONUS)
    arrow = {"arrowstyle": "->", "color": "black"}
    for start, end in ((edge - 0.02, edge - 0.3), (edge + 0.02, edge + 0.3)):
        axis.annotate("", (end, BONUS), (start, BONUS), arrowprops=arrow)
    axis.text(1, BONUS + 0.04, "bonus of E", ha="right", va="bottom", fontsize=8)
    axis.set(ylabel="excess loss after E, g12 - g23", ylim=(-1.08, 1.08))


def _draw_directions(axis: Any, measured: Phases, occupancy: float) -> None:
    flat = measured.flat
    at = int(np.abs(flat.occupancy - occupancy).argmin())
    angles = np.arctan2(flat.W[at, :, 1], flat.W[at, :, 0])
    angles = (angles - angles[2]) * np.where(np.sin(2 * (angles[0] - angles[2])) < 0, -1, 1)
    for feature, (angle, width) in enumerate(zip(angles, (5, 2.5, 1.2), strict=True)):
        end = np.array([np.cos(angle), np.sin(angle)])
        axis.plot(
            *np.stack([-end, end], axis=-1),
            color=PALETTE[feature],
            lw=width,
            label=f"feature {feature + 1}",
        )
    axis.set(
        title=f"p = {flat.occupancy[at]:g}", xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), aspect="equal"
    )
    axis.set_axis_off()
