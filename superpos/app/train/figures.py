"""The figures of `experiment=train`."""

import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.ticker import MaxNLocator

from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save
from superpos.app.train.axes import draw_axes
from superpos.app.train.measure import Summary

LINE, BESIDE = 90, 6
"""Letters that fit on a line of a legend, and those that a name takes beside its own."""


def draw(measured: Mapping[str, Summary], folder: Path) -> list[Figure]:
    """Draw results against what was swept, then the course of training.

    Args:
        measured: what `measure` gives.
        folder: where the figures go.
    """
    axes = [draw_axes(name, summary.dataset, folder) for name, summary in measured.items()]
    return [*itertools.chain(*axes), draw_summary(measured, folder)]


def draw_summary(measured: Mapping[str, Summary], folder: Path) -> Figure:
    """Draw the loss of every member over the run, and its features per dimension at the end.

    Args:
        measured: what `measure` gives.
        folder: where the figure goes.
    """
    figure, (left, right) = new_figure(1, 2, height=3.2)
    ends = [summary.features_per_dimension for summary in measured.values()]
    bins = np.histogram_bin_edges(np.concatenate(ends), bins=30)
    colours = PALETTE * len(measured)
    for (name, summary), colour in zip(measured.items(), colours, strict=False):
        alpha = max(0.05, summary.loss.shape[1] ** -0.5)
        left.plot(summary.step, summary.loss, color=colour, alpha=alpha)
        ends = summary.features_per_dimension
        right.hist(ends, bins=list(bins), color=colour, label=name, alpha=0.7)
    if not any(summary.loss.size for summary in measured.values()):
        left.text(0.5, 0.5, "not measured", ha="center", transform=left.transAxes)
    left.set(xlabel="step", ylabel="loss on fresh data", yscale="log")
    right.set(xlabel="features per dimension at the end", ylabel="models")
    right.yaxis.set_major_locator(MaxNLocator(integer=True))
    columns = min(4, len(measured), LINE // (max(map(len, measured)) + BESIDE))
    figure.legend(frameon=False, ncols=max(1, columns), loc="outside upper center")
    save(figure, folder / "summary.png")
    alt = "Left: loss of each model over training. Right: histogram of features per dimension."
    caption = "Left: loss on fresh data, a line for each model. Right: ‖W‖²/m at the end."
    return Figure("summary.png", alt, caption)
