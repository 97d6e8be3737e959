"""Curves of labels as figures show them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.values.curves import Curve, interval


def draw_curve(axis: Any, curve: Curve, colour: str, name: str) -> None:
    """The mean against labels, with the 95 % interval of the mean over runs."""
    mean = curve.mean
    n_more = np.maximum((~np.isnan(curve.regret)).sum(0) - 1, 1)
    error = 1.96 * np.nanstd(curve.regret, 0) / np.sqrt(n_more)
    axis.plot(curve.n, mean, "o-", ms=4, lw=1.2, color=colour, label=name)
    axis.fill_between(curve.n, mean - error, mean + error, color=colour, alpha=0.15, lw=0)


def draw_reached(
    axis: Any, curves: Mapping[float, Curve], limit: float, colour: str, name: str
) -> None:
    """Labels until the mean is a limit, where that is between the numbers of labels there are.

    Args:
        axis: to draw on.
        curves: size -> its curve.
        limit: of the mean.
        colour: of the line.
        name: in the legend.
    """
    found = {size: (each.reach(limit), *interval(each, limit)) for size, each in curves.items()}
    found = {k: e for k, e in found.items() if curves[k].n[0] < e[0] < np.inf}
    if not found:
        return
    labels, low, high = np.transpose([*found.values()])
    errors = np.maximum([labels - low, np.where(np.isfinite(high), high, labels) - labels], 0)
    style = {"fmt": "o-", "ms": 4, "lw": 1.2, "color": colour, "label": name}
    axis.errorbar([*found], labels, yerr=errors, **style)
