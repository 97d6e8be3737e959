"""A stored sweep as it was earlier in training, from the parameters that were kept there."""

from typing import TYPE_CHECKING

import numpy as np

from superpos.arguments import ArgumentError
from superpos.store.table import finished

if TYPE_CHECKING:
    import xarray

PATH = "_path"
"""How the results of the evaluation `trajectory` end, each named after a parameter."""
MOST_SHOWN = 20
"""Steps in a message."""


def at_step(dataset: "xarray.Dataset", step: int) -> "xarray.Dataset":
    """The same sweep, with the parameters that its models had after some updates.

    Its members can be read by `member` and `members`. What was measured stays as it is.

    Args:
        dataset: of one sweep, in which the evaluation `trajectory` kept the parameters.
        step: updates, at which every finished member was kept; 0 is the start.

    Returns:
        A new dataset.

    Raises:
        ArgumentError: no parameters were kept, not at that step, or models have a state, which is
            not kept, or several sweeps are in the dataset; one line.
    """
    if "groups" in dataset.attrs:
        raise ArgumentError(f"step={step}: expected one sweep, not a multirun or static axes")
    kept = {
        str(name): path
        for name in dataset.data_vars
        if (path := f"{str(name).replace('.', '_')}{PATH}") in dataset
    }
    if not kept:
        raise ArgumentError(f"step={step}: expected a sweep with the evaluation trajectory")
    if any(str(name).partition(".")[0] == "state" for name in dataset.data_vars):
        raise ArgumentError(f"step={step}: expected models without a state, which is not kept")
    first, path = next(iter(kept.items()))
    [time] = {*map(str, dataset[path].dims)} - {*map(str, dataset[first].dims)}
    steps = dataset[steps_of(time)]
    here = (steps == step) & (steps >= 0)  # -1 fills up where fewer were kept
    if not (here.any(time) | ~finished(dataset)).all():
        known = np.unique(steps.where(steps >= 0).to_numpy())
        listed = ", ".join(f"{each:.0f}" for each in known[np.isfinite(known)][:MOST_SHOWN])
        raise ArgumentError(f"step={step}: expected one at which all were kept, of {listed}")
    place = here.argmax(time)
    return dataset.assign(
        {
            name: dataset[path].isel({time: place}).drop_vars(time, errors="ignore")
            for name, path in kept.items()
        }
    )


def steps_of(time: str) -> str:
    """What holds the steps along a dimension: itself, or a result where a trigger decides."""
    return time.replace("time_", "step_", 1) if time.startswith("time_") else time
