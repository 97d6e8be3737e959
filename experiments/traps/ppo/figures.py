"""How often agents take E as they learn, how features mix in them, and what both branches pay."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.statistics import wilson
from experiments.traps.ppo.measure import Agents, Arm
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, new_figure, save

AGENTS = Figure(
    "agents.png",
    "Probability of action E in training, crosstalk of two pairs of features, and mean reward on"
    " both branches, for agents of two ranks and two starts.",
    "Agents whose bottleneck has two dimensions or full rank, each from a low and from a high"
    " preference for E; every line and every dot is one agent. Left: the probability of E in"
    " training. Middle: how much the answers mix features 1 and 2, which come together after E"
    " alone, and features 2 and 3, which come together after S alone, at the end. Right: the mean"
    " reward on S and on E when an agent is sent there, at the end; on the dotted line both pay"
    " alike, and below it S pays more. Dashed: the most that can be earned on each branch. The"
    " environment is made so that there is a trap; how common traps are does not follow.",
)
COLOURS = (PALETTE[3], PALETTE[1], PALETTE[0], PALETTE[2])


def arms_of(measured: Agents) -> list[tuple[str, Arm]]:
    """The kinds of agents with their names."""
    arms = (measured.narrow_low, measured.narrow_high, measured.wide_low, measured.wide_high)
    return [(f"rank {arm.rank}, from {arm.preference:g}", arm) for arm in arms]


def draw(measured: Agents, folder: Path) -> list[Figure]:
    """Draw all three beside each other."""
    figure, (left, middle, right) = new_figure(1, 3, width=11, height=3.9)
    for (name, arm), colour in zip(arms_of(measured), COLOURS, strict=True):
        left.plot(measured.step, arm.occupancy.T, color=colour, lw=0.7, alpha=0.6)
        style = {"ls": "none", "marker": "o", "ms": 4, "color": colour, "alpha": 0.8, "label": name}
        middle.plot(arm.crosstalk[:, 2], arm.crosstalk[:, 0], **style)
        right.plot(arm.branch_return[:, 0], arm.branch_return[:, 1], **style)
    left.set(xlabel="updates", ylabel="probability of E", ylim=(0, 1))
    middle.axline((0, 0), slope=1, color="#999999", lw=1, ls=":")
    middle.set(xlabel="features 2 and 3: mean |∂a/∂x|", ylabel="features 1 and 2: mean |∂a/∂x|")
    _draw_limits(right, measured)
    named = middle.get_legend_handles_labels()
    figure.legend(*named, loc="outside lower center", ncols=4, frameon=False)
    save(figure, folder / AGENTS.name)
    return [AGENTS]


def _draw_limits(axis: Any, measured: Agents) -> None:
    axis.axline((0, 0), slope=1, color="#999999", lw=1, ls=":")
    for draw_line, most in (
        (axis.axvline, -measured.least_error),
        (axis.axhline, measured.bonus - measured.least_error),
    ):
        draw_line(most, color="#333333", lw=0.8, ls="--", zorder=0)
    axis.set(xlabel="mean reward on S", ylabel="mean reward on E, with bonus")


def tables(measured: Agents) -> Sequence[Table]:
    """Shares and means of each kind of agent."""
    rows = [[name, *_row(measured, arm)] for name, arm in arms_of(measured)]
    caption = (
        "Agents that end with E less often than S, with the 95 % Wilson interval of their share;"
        " means of the squared error of both features on each branch, of the crosstalk of features"
        " 1 and 2 and of 2 and 3, and of the reward as they act. Two dimensions can have an error"
        f" of {measured.two_dimensions_error:.3f} on one branch, and the least is"
        f" {measured.least_error:.3f}."
    )
    header = ["", "trapped", "error on S", "error on E", "mix 1, 2", "mix 2, 3", "reward"]
    return [Table(caption, header, rows)]


def _row(measured: Agents, arm: Arm) -> list[str]:
    n, hits = len(arm.trapped), int(arm.trapped.sum())
    if not n:
        return ["none finished", *["–"] * 5]
    low, high = wilson(np.array([hits]), np.array([n]))
    numbers = (*measured.errors(arm).mean(0), *arm.crosstalk[:, ::2].mean(0), arm.earned.mean())
    share = f"{hits} of {n} ({low[0]:.2f} to {high[0]:.2f})"
    return [share, *(f"{each:.3f}" for each in numbers)]
