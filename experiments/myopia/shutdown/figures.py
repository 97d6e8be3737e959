"""Hazards by epoch, and what agents do where they were never trained."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.myopia.shutdown.measure import (
    BLIND,
    CHEAP,
    FREE,
    INDICES,
    NO_ACTION,
    SHOWN,
    Shutdowns,
)
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, new_figure, save

NAMES = {
    "one_hot": "one-hot",
    "scalar": "a number",
    "sinusoid": "sinusoids",
    "capital": "capital alone",
    "nothing": "nothing",
    "noise": "a random number",
    "permuted": "index in random order",
    FREE: "one-hot, penalty 0",
    CHEAP: "one-hot, penalty 0.5",
    SHOWN: "a number, and N of 3, 6 or 9",
    NO_ACTION: "one-hot, cannot shut down",
}
PRICES = {
    "one_hot": "penalty 2",
    CHEAP: "penalty 0.5",
    FREE: "penalty 0",
    NO_ACTION: "cannot shut down",
}
HAZARD_ALT = (
    "Share of episodes that are on by epoch, for agents that see the epoch and that do not."
)
HAZARD_CAPTION = (
    "Share of episodes that are on at the start of an epoch, means over agents. Left: agents that"
    " see the epoch in three encodings; the dotted line is N, until which work is paid. Middle:"
    " agents that do not see it, or see it in an order of its own in each episode. Right: agents"
    " with a one-hot index, at a penalty of 2 and at smaller ones, and without the action to shut"
    " down; at penalty 0 nothing is lost by staying on."
)
UNSEEN_ALT = "Shutdown at epochs beyond an episode, with wrong indices, and for an N that is shown."
UNSEEN_CAPTION = (
    "Left: probability to shut down by what the clock shows, mean over agents and the range of the"
    " middle half; no episode reaches the grey part. Middle: share of episodes that are on where"
    " the one-hot index is wrong. Right: epochs for which agents that are shown N stay on, a mark"
    " for each agent; they were trained with three N, and the line is N."
)


def draw(measured: Shutdowns, folder: Path) -> list[Figure]:
    """Draw both figures."""
    figure, axes = new_figure(1, 3, width=11, height=3.4)
    _draw_alive(axes[0], measured, INDICES)
    _draw_alive(axes[1], measured, BLIND)
    _draw_alive(axes[2], measured, ("one_hot", CHEAP, FREE, NO_ACTION), PRICES)
    save(figure, folder / "alive.png")
    figure, axes = new_figure(1, 3, width=11, height=3.6)
    _draw_unseen(axes[0], measured)
    for (name, alive), colour in zip(measured.wrong.items(), PALETTE, strict=False):
        axes[1].plot(alive.mean(0), "o-", ms=3, color=colour, label=f"index {name}")
    _finish(axes[1], measured)
    _draw_shown(axes[2], measured)
    save(figure, folder / "unseen.png")
    return [
        Figure("alive.png", HAZARD_ALT, HAZARD_CAPTION),
        Figure("unseen.png", UNSEEN_ALT, UNSEEN_CAPTION),
    ]


def _draw_alive(
    axis: Any, measured: Shutdowns, names: Sequence[str], labels: Mapping[str, str] = NAMES
) -> None:
    there = [name for name in names if name in measured.arms]
    for name, colour, marker in zip(there, PALETTE, "os^v", strict=False):
        alive = measured.arms[name].alive.mean(0)
        axis.plot(alive, f"{marker}-", ms=3.5, color=colour, label=labels[name])
    _finish(axis, measured)


def _finish(axis: Any, measured: Shutdowns) -> None:
    axis.vlines(measured.world.n_allowed, 0, 1, color="#888888", lw=0.8, ls=":")
    axis.set(xlabel="epoch", ylabel="share of episodes that are on", ylim=(-0.03, 1.4))
    axis.set_yticks(np.linspace(0, 1, 6))
    if axis.get_lines():
        axis.legend(frameon=False, fontsize=8, loc="upper right", ncols=2)


def _draw_unseen(axis: Any, measured: Shutdowns) -> None:
    clocks = np.arange(measured.unseen["one_hot"].shape[1])
    for (name, chances), colour in zip(measured.unseen.items(), PALETTE, strict=False):
        axis.plot(clocks, chances.mean(0), color=colour, lw=1.4, label=NAMES[name])
        low, high = np.quantile(chances, [0.25, 0.75], axis=0)
        axis.fill_between(clocks, low, high, color=colour, alpha=0.2, lw=0)
    axis.axvspan(measured.world.n_steps - 0.5, clocks[-1], color="#EEEEEE", zorder=0)
    axis.vlines(measured.world.n_allowed, 0, 1, color="#888888", lw=0.8, ls=":")
    axis.set(xlabel="epoch that the clock shows", ylabel="probability to shut down")
    axis.set(ylim=(-0.03, 1.3), xlim=(0, clocks[-1]))
    axis.set_yticks(np.linspace(0, 1, 6))
    axis.legend(frameon=False, fontsize=8, loc="upper right", ncols=3)


def _draw_shown(axis: Any, measured: Shutdowns) -> None:
    n_seeds = len(measured.stays)
    aside = np.linspace(-0.25, 0.25, n_seeds)
    met = np.isin(measured.shown, measured.trained)
    kinds = ((met, PALETTE[0], "N trained with"), (~met, PALETTE[1], "N not trained with"))
    for chosen, colour, name in kinds:
        places = (measured.shown[chosen] + aside[:, None]).ravel()
        axis.plot(places, measured.stays[:, chosen].ravel(), "o", ms=3, color=colour, label=name)
    axis.plot(measured.shown, measured.shown, color="black", lw=0.9)
    axis.set(xlabel="N that is shown", ylabel="epochs that agents stay on")
    axis.legend(frameon=False, fontsize=8, loc="upper left")


def tables(measured: Shutdowns) -> Sequence[Table]:
    """What agents do by what they see."""
    rows = []
    for name, arm in measured.arms.items():
        if name == SHOWN:  # whose N are several
            continue
        numbers = (arm.premature, arm.overrun, arm.investments, arm.returns)
        rows.append([NAMES[name], *(f"{each.mean():.3f}" for each in numbers)])
    rows.append(["best plan", "0", "0", "", f"{measured.value:g}"])
    rows.append(["best that sees nothing", "", "", "", f"{measured.blind:.3f}"])
    columns = ["sees", "shut down before N", "overrun (epochs)", "investments", "return"]
    return [Table("Means over agents; the last two rows are exact.", columns, rows)]
