"""`experiment=train`: what a sweep learned, in one figure and without claims."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray

from experiments.findings import Figure, Findings
from experiments.objective import at_the_end
from experiments.report.figures import PALETTE, new_figure, save


def summarise(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Draw the loss of every member over the run, and its features per dimension at the end.

    Args:
        datasets: sweeps by variant.
        folder: where the figure goes.

    Returns:
        Findings without verdicts.
    """
    figure, (left, right) = new_figure(1, 2, height=3.2)
    ends = {name: _at_the_end(dataset) for name, dataset in datasets.items()}
    bins = np.histogram_bin_edges(np.concatenate([*ends.values()]), bins=30)
    for (name, dataset), colour in zip(datasets.items(), PALETTE * len(datasets), strict=False):
        n_members = dataset["status"].size
        loss = dataset["loss"].transpose("step", ...).to_numpy().reshape(-1, n_members)
        left.plot(dataset["step"], loss, color=colour, alpha=max(0.05, n_members**-0.5))
        right.hist(ends[name], bins=list(bins), color=colour, label=name, alpha=0.7)
    left.set(xlabel="step", ylabel="loss on fresh data", yscale="log")
    right.set(xlabel="features per dimension at the end", ylabel="models")
    above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)}
    right.legend(frameon=False, ncols=min(4, len(datasets)), **above)
    save(figure, folder / "summary.png")
    alt = "Left: loss of each model over training. Right: histogram of features per dimension."
    return Findings(figures=[Figure("summary.png", alt, "Loss on fresh data, and ‖W‖²/m.")])


def _at_the_end(dataset: xarray.Dataset) -> np.ndarray:
    """Features per dimension after the last block, of the members where that is finite."""
    name = "features_per_dimension"
    last = at_the_end(dataset).get(name, xarray.DataArray([])).to_numpy().ravel()
    return last[np.isfinite(last)]
