"""The finished members of a sweep as rows, with the numbers that they were made with."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray

from superpos.arguments import ArgumentError
from superpos.train import store

IN_USE = {"model.n_hidden": "model.width", "data.n_features": "data.n_used"}
"""Key of a size -> key of the part of it that is in use, where that is less."""


def finished_members(
    dataset: xarray.Dataset, numbers: Mapping[str, str], results: Sequence[str]
) -> xarray.Dataset:
    """The finished members along one dimension, `model`, which leads.

    Args:
        dataset: a sweep over any axes.
        numbers: name of an axis -> key of the config, which has the number where it is no axis. Of
            a size it is the part in use, an axis or not.
        results: what is kept of each member; of what has steps, the last.

    Returns:
        The results and, as float64 (model,), the numbers.

    Raises:
        ArgumentError: models have no such result, as of a bias where there is none; one line.
    """
    lacking = [name for name in results if name not in dataset]
    if lacking:
        raise ArgumentError(f"{lacking[0]}: not among the results, expected models that have it")
    config, found = store.config_of(dataset), dataset[[*results]]
    found = found.isel(step=-1) if "step" in found.dims else found
    finished = store.finished(dataset)
    found = found.reset_coords(drop=True).assign(finished=finished)
    for name, key in numbers.items():
        found[name] = _number(dataset, config, name, key)
    found = found.map(lambda each: each.broadcast_like(finished))  # each has every axis
    found = found.stack(model=finished.dims, create_index=False)
    found = found.isel(model=found["finished"].to_numpy())
    return found.drop_vars("finished").transpose("model", ...)


def _number(dataset: xarray.Dataset, config: Mapping[str, Any], name: str, key: str) -> Any:
    """A number of each member, or of all of them."""
    part = IN_USE.get(key, key)
    for axis in (part, part.rsplit(".", 1)[-1], name):
        if axis in dataset:
            return dataset[axis].astype(float)
    in_use = config.get(part)
    return float(config[key] if in_use is None else in_use)
