"""Returns of each feature, and what moving capacity costs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from experiments.tradeoff.returns import theory
from experiments.tradeoff.returns.claims import NAMES, exact, exact_up
from experiments.tradeoff.returns.measure import QUADRATIC, Returns
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Marginal return of each feature of two models, and the cost of moving its capacity."
CAPTION = (
    "Above: what a unit of capacity returns, measured by taking a little from one feature while"
    " the others are held: by the rise of the loss, and by the pull of the penalty that holds it."
    " Grey bars are capacities. Theory is of the same step (rings) and its derivative (dashes), a"
    " bound that is met where capacity can move. Features 2 to 4 of the quadratic model fill one"
    " dimension: perhaps none can lose capacity alone without leaving it, which costs more. Below:"
    " by how much the loss rises for each unit of capacity that a feature gives to the others"
    " (down) or takes from them (up): by nothing for features that share. Rings are theory."
)


def draw(measured: Mapping[str, Returns], folder: Path) -> list[Figure]:
    """Draw both kinds of models beside each other."""
    figure, axes = new_figure(2, len(measured), width=10, height=6, sharex="col")
    for column, (kind, returns) in enumerate(measured.items()):
        _draw_returns(axes[0, column], returns, kind == QUADRATIC)
        _draw_moves(axes[1, column], returns, kind == QUADRATIC)
        axes[0, column].set(title=NAMES[kind])
        if kind == QUADRATIC:  # which has all marks
            marks = axes[0, column].get_legend_handles_labels()
            figure.legend(*marks, loc="outside upper center", ncols=5, frameon=False, fontsize=8)
    save(figure, folder / "returns.png")
    return [Figure("returns.png", ALT, CAPTION)]


def _draw_returns(axis: Any, returns: Returns, known: bool) -> None:
    places = np.arange(len(returns.capacity))
    behind = axis.twinx()
    behind.bar(places, returns.capacity, color="#E5E5E5", zorder=0)
    behind.set(ylim=(0, 1.6), yticks=[0, 0.5, 1])
    behind.set_ylabel("capacity", loc="bottom")
    behind.spines["right"].set_visible(True)
    axis.set_zorder(behind.get_zorder() + 1)
    axis.patch.set_visible(False)
    axis.plot(places, returns.returned, "o", color=PALETTE[0], ms=5, label="by the loss")
    axis.plot(places, returns.force, "x", color=PALETTE[3], ms=6, label="by the penalty")
    if known:
        axis.plot(places, exact(returns), "o", color="black", mfc="none", ms=10, label="theory")
        smooth = theory.marginal_return(returns.capacity, returns.values, returns.kurtosis)
        axis.plot(places, smooth, "_", color="black", ms=10, label="theory, derivative")
    if not np.isnan(returns.price):
        axis.axhline(returns.price, color=PALETTE[2], lw=1, label="mean of those that share")
    axis.set(ylabel="marginal return", ylim=(0, 1.1 * axis.get_ylim()[1]))


def _draw_moves(axis: Any, returns: Returns, known: bool) -> None:
    places = np.arange(len(returns.capacity))
    axis.axhline(0, color="#333333", lw=0.8)
    axis.plot(places - 0.1, returns.down, "v", color=PALETTE[0], ms=5, label="down")
    axis.plot(places + 0.1, returns.up, "^", color=PALETTE[1], ms=5, label="up")
    if known:
        axis.plot(places + 0.1, exact_up(returns), "o", color="black", mfc="none", ms=10)
    axis.set(xlabel="feature, from the most important", ylabel="rise of the loss per unit")
    axis.legend(frameon=False, fontsize=8, loc="upper center")
