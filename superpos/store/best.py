"""Best of several restarts, by an explicit status."""

from typing import TYPE_CHECKING

import numpy as np

from superpos.store.table import finished

if TYPE_CHECKING:
    import xarray


class NoMemberError(ValueError):
    """There is nothing to choose from."""


def best_of(
    dataset: "xarray.Dataset", loss: "xarray.DataArray", over: str = "seed"
) -> "xarray.Dataset":
    """The member with the lowest loss along one dimension.

    Only members with status "ok" and a finite loss are eligible: a bare argmin would return the
    first nan. Where some of them are not sensitive to rounding, the best of those is taken. The
    distribution over the restarts stays in the dataset that was given.

    Args:
        dataset: a sweep.
        loss: what to choose by, with the dimensions of the dataset's status.
        over: the dimension of the restarts.

    Returns:
        The dataset without that dimension, with the chosen loss as `best_loss`; a chosen member is
        `fragile` only where all that are eligible are.

    Raises:
        NoMemberError: some point has no eligible member; one line.
    """
    loss = loss.reset_coords(drop=True)
    eligible = finished(dataset) & np.isfinite(loss)
    empty = int((~eligible.any(over)).sum())
    if empty:
        raise NoMemberError(f"no finished member along {over} at {empty} of the points")
    if "fragile" in dataset:
        steady = eligible & ~dataset["fragile"]
        eligible = steady.where(steady.any(over), eligible)
    ranked = loss.where(eligible, np.inf)
    return dataset.assign(best_loss=loss).isel({over: ranked.argmin(over)})
