"""The finished members of a sweep as rows, with the numbers that they were made with."""

from collections.abc import Mapping, Sequence

import xarray

from superpos.train import store


def finished_members(
    dataset: xarray.Dataset, numbers: Mapping[str, str], results: Sequence[str]
) -> xarray.Dataset:
    """The finished members along one dimension, `model`, which leads.

    Args:
        dataset: a sweep over any axes.
        numbers: name of an axis -> key of the config, which has the number where it is no axis.
        results: what is kept of each member; of what has steps, the last.

    Returns:
        The results and, as float64 (model,), the numbers.
    """
    config, found = store.config_of(dataset), dataset[[*results]]
    found = found.isel(step=-1) if "step" in found.dims else found
    finished = store.finished(dataset)
    found = found.reset_coords(drop=True).assign(finished=finished)
    for name, key in numbers.items():
        found[name] = dataset[name].astype(float) if name in dataset else float(config[key])
    found = found.map(lambda each: each.broadcast_like(finished))  # each has every axis
    found = found.stack(model=finished.dims, create_index=False)
    found = found.isel(model=found["finished"].to_numpy())
    return found.drop_vars("finished").transpose("model", ...)
