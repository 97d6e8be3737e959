"""The theorem, ranks, complexity, depth, and what training picks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.priors.functions.claims import LEAST_COUNT
from experiments.priors.functions.measure import PRIOR, Cell, Functions, Ranked
from experiments.priors.picked import Picks, floor
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, new_figure, save

PRIOR_ALT = "Probability by number of ones, probability by rank, and probability by complexity."
PRIOR_CAPTION = (
    "Left: 2^n P(t) of perceptrons without biases, with twice its standard error, and the theorem"
    " (line). Middle: probability of each function of one-layer networks by rank; dashed 1/rank;"
    " grey is what as many draws from all functions alike have. Right: probability by Lempel-Ziv"
    " complexity, averaged over orders of the inputs (blue) and over orders of rows by chance"
    f" (grey), of functions drawn {LEAST_COUNT} times or more."
)
PICKED_ALT = "Share of constant functions by depth, picks by prior, and divergences."
PICKED_CAPTION = (
    "Left: share of functions that are always true or always false, by the scale of biases (over"
    " that of weights, 1.4) and the number of hidden layers. Middle: how often trained networks"
    " pick a function that fits, by its probability among random networks that fit; a dot for a set"
    " and a function. Right: divergence of what is picked from three rules; the line is that of as"
    " many draws from the first rule itself."
)


def draw(measured: Functions, folder: Path) -> list[Figure]:
    """Draw two rows of three panels, a file each."""
    figure, axes = new_figure(1, 3, width=11, height=3.6)
    _draw_theorem(axes[0], measured.ones)
    _draw_ranks(axes[1], measured.ranked)
    _draw_complexity(axes[2], measured.ranked)
    save(figure, folder / "prior.png")
    figure, axes = new_figure(1, 3, width=11, height=3.6)
    _draw_depth(axes[0], measured.cells)
    _draw_picks(axes[1], measured.picks)
    _draw_divergences(axes[2], measured.picks)
    save(figure, folder / "picked.png")
    return [
        Figure("prior.png", PRIOR_ALT, PRIOR_CAPTION),
        Figure("picked.png", PICKED_ALT, PICKED_CAPTION),
    ]


def _draw_theorem(axis: Any, ones: np.ndarray) -> None:
    n_rows, n_draws = len(ones) - 1, max(ones.sum(), 1)
    share = ones / n_draws
    error = np.sqrt(share * (1 - share) / n_draws)
    axis.errorbar(
        np.arange(len(ones)), n_rows * share, 2 * n_rows * error, fmt="o", ms=3, color=PALETTE[0]
    )
    axis.plot([0, n_rows - 1], [1, 1], color="black", lw=1)
    axis.set(xlabel="inputs at which it is true, t", ylabel="2^n P(t)", ylim=(-0.05, 1.3))
    axis.set_title("perceptrons: every t alike")


def _draw_ranks(axis: Any, known: Ranked) -> None:
    p = known.probability
    axis.plot(known.ranks, p[known.ranks - 1], color=PALETTE[0], lw=1.5, label="networks")
    axis.plot(known.ranks, p[0] / known.ranks, "--", color="black", lw=1, label="1/rank")
    n = int(known.counts.sum())
    axis.plot([1, n], [1 / n, 1 / n], color="0.6", label="all functions alike")
    axis.set(xscale="log", yscale="log", xlabel="rank", ylabel="P(f)", title="by rank")
    axis.legend(frameon=False, fontsize=8)


def _draw_complexity(axis: Any, known: Ranked) -> None:
    often = known.counts[known.ranks - 1] >= LEAST_COUNT
    p = known.probability[known.ranks - 1][often]
    axis.plot(known.in_chance_orders[often], p, ".", color="0.7", ms=3)
    axis.plot(known.complexity[often], p, ".", color=PALETTE[0], ms=3)
    axis.set(yscale="log", xlabel="Lempel-Ziv complexity", ylabel="P(f)", title="by complexity")


def _draw_depth(axis: Any, cells: Sequence[Cell]) -> None:
    for at, depth in enumerate(sorted({cell.n_layers for cell in cells})):
        row = sorted((cell.bias_std, cell.constant) for cell in cells if cell.n_layers == depth)
        x, y = np.array(row).T
        label = f"{depth} hidden layer{'s' * (depth > 1)}"
        axis.plot(range(len(x)), y, "o-", color=PALETTE[at], ms=4, label=label)
        axis.set(xticks=range(len(x)), xticklabels=[f"{each:g}" for each in x])
    axis.set(xlabel="standard deviation of biases", ylabel="share that is constant", ylim=(0, 1))
    axis.set_title("by depth and scale")
    axis.legend(frameon=False, fontsize=8)


def _draw_picks(axis: Any, picks: Picks) -> None:
    expected, counts = picks.expected[PRIOR], picks.picked.sum(1) + 0.5
    found = counts / counts.sum(-1, keepdims=True)
    axis.plot(expected.ravel(), found.ravel(), ".", color=PALETTE[0], ms=4)
    axis.plot([expected.min(), 1], [expected.min(), 1], color="black", lw=1)
    axis.set(xscale="log", yscale="log", xlabel="P(f | S) of random networks")
    axis.set(ylabel="share of trained networks", title="what training picks")


def _draw_divergences(axis: Any, picks: Picks) -> None:
    found = {rule: each.mean(0) for rule, each in picks.divergences().items()}
    width = 0.8 / len(picks.rates)
    places = np.arange(len(found))
    for at, rate in enumerate(picks.rates):
        heights = [each[at] for each in found.values()]
        label = f"learning rate {rate:g}"
        axis.bar(places + at * width, heights, width, color=PALETTE[at], label=label)
    axis.axhline(floor(picks.picked, picks.expected[PRIOR]).mean(), color="black", lw=1)
    axis.set(xticks=places + width * (len(picks.rates) - 1) / 2, xticklabels=list(found))
    axis.set(ylabel="divergence (bits)", title="from what is expected")
    axis.legend(frameon=False, fontsize=8)


def tables(measured: Functions) -> Sequence[Table]:
    """What each depth and scale of biases draws."""
    rows = [
        [
            f"{cell.n_layers}, {cell.bias_std:g}",
            *(
                f"{value:.3f}"
                for value in (cell.constant, cell.largest, cell.distinct, cell.at_zero)
            ),
            f"{cell.mean_complexity:.1f}",
        ]
        for cell in measured.cells
    ]
    header = ["hidden layers, biases", "constant", "most frequent", "distinct", "true at 0"]
    caption = (
        "Functions of networks that are not trained: share that is constant, share of the most"
        " frequent one, distinct ones over draws, share that is true where all inputs are 0 (none"
        " without biases, whatever the weights), and the mean Lempel-Ziv complexity of a draw."
    )
    return [Table(caption, [*header, "complexity"], rows)]
