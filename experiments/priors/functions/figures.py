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
    "Left: 2ⁿ P(t), where P(t) is the probability that a perceptron of n inputs without a bias is"
    " true at t of the 2ⁿ inputs; bars are two standard errors, the line is the theorem. Middle:"
    " probability of each function that one-layer networks compute, by rank; grey: where all"
    " functions are equally probable and none of as many draws comes twice. Right: the same"
    " probability by Lempel-Ziv complexity of the truth table, averaged over orders of the inputs"
    f" or over random orders of its rows; functions drawn at least {LEAST_COUNT} times, at ranks"
    " evenly spaced in their logarithm."
)
PICKED_ALT = "Share of constant functions by depth, picks by prior, and divergences."
PICKED_CAPTION = (
    "Left: share of random networks that are always true or always false, by the standard"
    " deviation of their biases (that of weights is 1.4 / √fan-in) and the number of hidden"
    " layers. Middle: how often training picks a function that fits the examples, by the"
    " function's probability among random networks that fit; a dot for each set of examples and"
    " function, on the line both are equal. Right: divergence of what is picked from three"
    " predictions; the line is what as many draws from the first prediction itself have."
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
    axis.set(xlabel="inputs at which it is true, t", ylabel="2ⁿ P(t)", ylim=(-0.05, 1.3))
    axis.set_title("perceptrons: every t equally probable")


def _draw_ranks(axis: Any, known: Ranked) -> None:
    p = known.probability
    axis.plot(known.ranks, p[known.ranks - 1], color=PALETTE[0], lw=1.5, label="networks")
    axis.plot(known.ranks, p[0] / known.ranks, "--", color="black", lw=1, label="1/rank")
    n = int(known.counts.sum())
    axis.plot([1, n], [1 / n, 1 / n], color="0.6", label="all functions equal")
    axis.set(xscale="log", yscale="log", xlabel="rank", ylabel="P(f)", title="probability by rank")
    axis.legend(frameon=False, fontsize=8)


def _draw_complexity(axis: Any, known: Ranked) -> None:
    often = known.often(LEAST_COUNT)
    p = known.probability[known.ranks - 1][often]
    axis.plot(known.in_chance_orders[often], p, ".", color="0.7", ms=3, label="random orders")
    axis.plot(known.complexity[often], p, ".", color=PALETTE[0], ms=3, label="orders of inputs")
    axis.set(yscale="log", xlabel="Lempel-Ziv complexity", ylabel="P(f)")
    axis.set_title("probability by complexity")
    axis.legend(frameon=False, fontsize=8, markerscale=3)


def _draw_depth(axis: Any, cells: Sequence[Cell]) -> None:
    for at, depth in enumerate(sorted({cell.n_layers for cell in cells})):
        row = sorted((cell.bias_std, cell.constant) for cell in cells if cell.n_layers == depth)
        x, y = np.array(row).T
        label = f"{depth} hidden layer{'s' * (depth > 1)}"
        axis.plot(range(len(x)), y, "o-", color=PALETTE[at], ms=4, label=label)
        axis.set(xticks=range(len(x)), xticklabels=[f"{each:g}" for each in x])
    axis.set(xlabel="standard deviation of biases", ylabel="share that is constant", ylim=(0, 1))
    axis.set_title("constant functions by depth")
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
    axis.set(ylabel="divergence (bits)", title="predictions of what training picks")
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
