"""Best of several restarts, by an explicit status."""

import warnings
from typing import TYPE_CHECKING

import numpy as np

from superpos.arguments import ArgumentError
from superpos.store.table import finished

if TYPE_CHECKING:
    import xarray


class NoMemberError(ValueError):
    """There is nothing to choose from."""


class LeftOutWarning(UserWarning):
    """Members were not compared."""


def best_of(
    dataset: "xarray.Dataset", loss: "xarray.DataArray", over: str = "seed"
) -> "xarray.Dataset":
    """The member with the lowest loss along one dimension.

    Only members with status "ok" and a finite loss are eligible: a bare argmin would return the
    first nan. Where some of them are not sensitive to rounding, the best of those is taken. Who is
    left out is counted, and said in a warning. The distribution over the restarts stays in the
    dataset that was given.

    Args:
        dataset: a sweep.
        loss: what to choose by, with the dimensions of the dataset's status. It is to be measured
            of all members on the same examples, as `superpos.evaluations.loss` is, or exact.
        over: the dimension of the restarts.

    Returns:
        The dataset without that dimension, with the chosen loss as `best_loss`, where the dataset
        has it its standard error as `best_loss_standard_error`, and how many members were compared
        as `n_compared`; a chosen member is `fragile` only where all that are eligible are.

    Raises:
        ArgumentError: the loss has other dimensions than the status; one line.
        NoMemberError: some point has no eligible member; one line.

    Warns:
        LeftOutWarning: not all members were compared; one line.
    """
    if {*loss.dims} != {*dataset["status"].dims}:
        has, expected = (", ".join(map(str, each.dims)) for each in (loss, dataset["status"]))
        raise ArgumentError(f"loss: over {has or 'nothing'}, expected {expected}, as the status is")
    error = _standard_error(dataset, loss)
    loss = loss.reset_coords(drop=True)
    usable = finished(dataset) & np.isfinite(loss)
    empty = int((~usable.any(over)).sum())
    if empty:
        raise NoMemberError(f"no finished member along {over} at {empty} of the points")
    eligible = usable
    if "fragile" in dataset:
        steady = usable & ~dataset["fragile"]
        eligible = steady.where(steady.any(over), usable)
    _say_left_out(usable, eligible, over)
    chosen = dataset.assign({"best_loss": loss, **error})
    ranked = loss.where(eligible, np.inf)
    return chosen.isel({over: ranked.argmin(over)}).assign(n_compared=eligible.sum(over))


def _standard_error(
    dataset: "xarray.Dataset", loss: "xarray.DataArray"
) -> "dict[str, xarray.DataArray]":
    """That of the loss by its new name, at the times of the loss; {} where it was not measured."""
    error = dataset.get(f"{loss.name}_standard_error")
    if error is None:
        return {}
    times = {dim: loss[dim] for dim in {*error.dims} - {*loss.dims} if dim in loss.coords}
    error = error.sel(times).reset_coords(drop=True)
    return {"best_loss_standard_error": error} if {*error.dims} == {*loss.dims} else {}


def _say_left_out(usable: "xarray.DataArray", eligible: "xarray.DataArray", over: str) -> None:
    """Warn of the members that are not compared, with the reasons."""
    n_unusable, n_fragile = int((~usable).sum()), int((usable & ~eligible).sum())
    if n_unusable or n_fragile:
        warnings.warn(
            f"best of {over}: {n_unusable + n_fragile} of {usable.size} members left out,"
            f" {n_unusable} without a finished run or a finite loss, {n_fragile} sensitive to"
            " rounding where others are not",
            LeftOutWarning,
            stacklevel=3,
        )


def fragile_of(dataset: "xarray.Dataset") -> np.ndarray | None:
    """Which members are sensitive to rounding, bool of their shape; None when not checked."""
    return dataset["fragile"].to_numpy() if "fragile" in dataset else None
