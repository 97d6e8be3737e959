"""The figure of the posterior over polygons."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from superpos.app.plots.figures import PALETTE, new_figure, save

if TYPE_CHECKING:
    from experiments.chen.posterior import Chains


def draw(
    path: Path,
    chains: "Chains",
    odds: Mapping[float, np.ndarray],
    expected: Callable[[np.ndarray], np.ndarray],
) -> None:
    """Shares of hexagons by start, and their log odds.

    Args:
        path: PNG to write.
        chains: what `posterior.measure` returns.
        odds: n -> log odds of the hexagon for each data set.
        expected: n -> log odds by the theory.
    """
    figure, axes = new_figure(1, 2, width=10, height=3.8)
    _draw_shares(axes[0], chains, list(odds))
    _draw_odds(axes[1], odds, expected)
    save(figure, path)


def _draw_shares(axis: Any, chains: "Chains", sizes: list[float]) -> None:
    rows = [chains.ladder(n)[-1] for n in sizes]
    markers = zip(np.unique(chains.start), PALETTE, "osD^v", strict=False)
    for start, colour, marker in markers:
        k = chains.k[rows][:, chains.start == start]
        six, both = (k == 6).sum((1, 2)), np.isin(k, (5, 6)).sum((1, 2))
        share = np.where(both > 0, six / np.maximum(both, 1), np.nan)
        axis.plot(sizes, share, marker=marker, color=colour, label=f"from the {start}-gon")
    axis.set(xlabel="examples n", ylabel="share of hexagons, sampled", ylim=(-0.04, 1.04))
    axis.legend(frameon=False, fontsize=8)


def _draw_odds(
    axis: Any, odds: Mapping[float, np.ndarray], expected: Callable[[np.ndarray], np.ndarray]
) -> None:
    sizes = np.array(list(odds))
    for n, values in odds.items():
        axis.plot([n] * len(values), values, "o", color=PALETTE[0], markersize=3.5, alpha=0.6)
    means = [values.mean() for values in odds.values()]
    axis.plot(sizes, means, color=PALETTE[0], label="sampled, mean of data sets")
    fine = np.linspace(sizes[0], sizes[-1], 200)
    axis.plot(fine, expected(fine), "--", color="black", label="theory")
    axis.axhline(0, color="#888888", linewidth=0.8)
    axis.set(xlabel="examples n", ylabel="log odds of the hexagon")
    axis.legend(frameon=False, fontsize=8)
