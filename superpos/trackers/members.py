"""The members of a sweep as runs of a tracker, once they are trained."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from superpos.store import finished
from superpos.store.at_step import steps_of
from superpos.store.select import labels_of
from superpos.trackers.protocol import Tracker

if TYPE_CHECKING:
    import xarray


def log_members(
    dataset: "xarray.Dataset", start: Callable[[dict[str, Any]], Tracker | None]
) -> int:
    """Log every finished member of a sweep or a multirun as a run of its own.

    Args:
        dataset: what `sweep` or `store.open` returned, or a part of it.
        start: the labels of a member, coordinate -> value -> its Tracker, which is closed here, or
            None where it is not to be logged.

    Returns:
        How many members were logged. What was measured as one number at some steps is logged at
        these; nan, with which shorter runs are filled up, is left out.
    """
    labels = labels_of(dataset)
    n_logged = 0
    for place in np.argwhere(finished(dataset).to_numpy()).tolist():
        tracker = start(labels.at(tuple(place)))
        if tracker is None:
            continue
        member = dataset.isel(dict(zip(dataset["status"].dims, place, strict=True)))
        for step, numbers in sorted(_by_step(member).items()):
            tracker.log(step, numbers)
        tracker.close()
        n_logged += 1
    return n_logged


def _by_step(member: "xarray.Dataset") -> dict[int, dict[str, float]]:
    """Step -> name -> number, of one member."""
    rows: dict[int, dict[str, float]] = {}
    for name, array in member.data_vars.items():
        dim = str(array.dims[0]) if len(array.dims) == 1 else ""
        if not dim.startswith(("step", "time_")) or name == steps_of(dim):
            continue
        for step, number in zip(member[steps_of(dim)].to_numpy(), array.to_numpy(), strict=True):
            if step >= 0 and not np.isnan(number):
                rows.setdefault(int(step), {})[str(name)] = float(number)
    return rows
