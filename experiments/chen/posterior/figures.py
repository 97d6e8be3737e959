"""Shares of hexagons by where chains began, and their log odds."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.chen.posterior.measure import Chains
from experiments.chen.posterior.odds import HEXAGON, PENTAGON, expected_log_odds, log_odds
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Share of pentagons and hexagons by start, and log odds of the hexagon, against n."
CAPTION = (
    "Left: share of draws at a hexagon among those at a pentagon or a hexagon, by the polygon"
    " where chains began: above n of about 300 they keep to it. Right: log odds of the hexagon,"
    " integrated from temperatures at which chains pass; dots are data sets, the line is their"
    " mean, and dashed is the theory."
)


def draw(measured: Chains, folder: Path) -> list[Figure]:
    """Draw both against n."""
    figure, axes = new_figure(1, 2, width=10, height=3.8)
    _draw_shares(axes[0], measured)
    _draw_odds(axes[1], measured)
    save(figure, folder / "posterior.png")
    return [Figure("posterior.png", ALT, CAPTION)]


def _draw_shares(axis: Any, chains: Chains) -> None:
    rows = [chains.ladder(n)[-1] for n in chains.sizes]
    markers = zip(np.unique(chains.start), PALETTE, "osD^v", strict=False)
    for start, colour, marker in markers:
        k = chains.k[rows][:, chains.start == start]
        six = (k == HEXAGON).sum((1, 2))
        both = np.isin(k, (PENTAGON, HEXAGON)).sum((1, 2))
        share = np.where(both > 0, six / np.maximum(both, 1), np.nan)
        axis.plot(chains.sizes, share, marker=marker, color=colour, label=f"from the {start}-gon")
    axis.set(xlabel="examples n", ylabel="share of hexagons, sampled", ylim=(-0.04, 1.04))
    axis.legend(frameon=False, fontsize=8)


def _draw_odds(axis: Any, chains: Chains) -> None:
    sizes = chains.sizes
    odds = [log_odds(chains, n) for n in sizes]
    for n, values in zip(sizes, odds, strict=True):
        axis.plot([n] * len(values), values, "o", color=PALETTE[0], markersize=3.5, alpha=0.6)
    means = [values.mean() for values in odds]
    axis.plot(sizes, means, color=PALETTE[0], label="sampled, mean of data sets")
    fine = np.linspace(sizes[0], sizes[-1], 200)
    axis.plot(fine, expected_log_odds(fine), "--", color="black", label="theory")
    axis.axhline(0, color="#888888", linewidth=0.8)
    axis.set(xlabel="examples n", ylabel="log odds of the hexagon")
    axis.legend(frameon=False, fontsize=8)
