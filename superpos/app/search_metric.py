"""The number by which a sweeper such as Optuna judges a job."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray

from superpos.train import store

Value = float | tuple[float, ...] | None


def search_metric(names: str | Sequence[str], results: Mapping[str, np.ndarray], ok: Any) -> Value:
    """The mean of a result over the members of a job.

    Args:
        names: of one result, or of several for a sweeper with several objectives.
        results: name -> values, (n_members,), those of metrics after the last block.
        ok: which members have the status "ok", bool (n_members,).

    Returns:
        The mean over members that are ok; None where there are none, or nothing was measured.
    """
    several = [names] if isinstance(names, str) else names
    if not np.any(ok) or not {*several} <= results.keys():
        return None
    means = tuple(float(np.mean(results[name][ok])) for name in several)
    return means[0] if isinstance(names, str) else means


def standard_error(names: str | Sequence[str], results: Mapping[str, np.ndarray], ok: Any) -> Value:
    """How far the search metric may be from its expectation; None where that was not measured.

    Members are measured on the same examples, so that a mean over them is as far off as each.

    Args:
        names: as of `search_metric`.
        results: as of `search_metric`; the standard error of x is x_standard_error.
        ok: as of `search_metric`.
    """
    one = isinstance(names, str)
    errors = [f"{name}_standard_error" for name in ([names] if one else names)]
    return search_metric(errors[0] if one else errors, results, ok)


def final_numbers(datasets: Sequence[xarray.Dataset]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Results of all datasets that are one number a member, and which members are ok.

    Both are for `search_metric`. What one of the datasets lacks, as a model of another kind
    measures something else, is no number of the run.
    """
    last = [at_the_end(dataset) for dataset in datasets]
    names = [
        name
        for name in last[0].data_vars
        if all(
            name in each
            and set(each[name].dims) == set(each["status"].dims)
            and each[name].dtype.kind == "f"
            for each in last
        )
    ]
    numbers = {str(n): np.concatenate([d[n].to_numpy().ravel() for d in last]) for n in names}
    return numbers, np.concatenate([store.finished(d).to_numpy().ravel() for d in last])


def at_the_end(dataset: xarray.Dataset) -> xarray.Dataset:
    """Numbers after the last block of each member; members of a sweep over `fit` differ in it."""
    members = set(dataset["status"].dims)
    over_time = [str(name) for name, values in dataset.data_vars.items() if "step" in values.dims]
    numbers = [name for name in over_time if set(dataset[name].dims) == members | {"step"}]
    kept = dataset.drop_vars({*over_time} - {*numbers})
    if not numbers or not kept.sizes["step"]:
        return kept.drop_dims("step")
    measured = kept[numbers].drop_attrs().to_dataarray().notnull().any("variable")
    blocks = xarray.DataArray(np.arange(kept.sizes["step"]), dims="step")
    return kept.isel(step=(measured * blocks).max("step"))
