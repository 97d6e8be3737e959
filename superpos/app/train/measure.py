"""`experiment=train`: what a sweep learned, without claims."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from superpos.app.search_metric import at_the_end


class Summary(NamedTuple):
    """What the members of a variant learned.

    Attributes:
        dataset: the members themselves, over what was swept.
        step: of each evaluation of the loss, (n_steps,); none where that is not measured as models
            are trained.
        loss: of each member at each step, (n_steps, n_members).
        features_per_dimension: after the last block, of the members where it is finite, (n,).
    """

    dataset: xarray.Dataset
    step: np.ndarray
    loss: np.ndarray
    features_per_dimension: np.ndarray


def measure(datasets: Mapping[str, xarray.Dataset]) -> dict[str, Summary]:
    """The loss of every member over the run, and its features per dimension at the end.

    Args:
        datasets: sweeps by variant.

    Returns:
        Variant -> what its members learned.
    """
    return {name: _summary(dataset) for name, dataset in datasets.items()}


def _summary(dataset: xarray.Dataset) -> Summary:
    name = "features_per_dimension"
    last = at_the_end(dataset).get(name, xarray.DataArray([])).to_numpy().ravel()
    if "loss" not in dataset or "step" not in dataset["loss"].dims:
        none = np.empty((0, dataset["status"].size))
        return Summary(dataset, np.empty(0), none, last[np.isfinite(last)])
    loss = dataset["loss"].transpose("step", ...).to_numpy()
    loss = loss.reshape(-1, dataset["status"].size)
    return Summary(dataset, dataset["step"].to_numpy(), loss, last[np.isfinite(last)])
