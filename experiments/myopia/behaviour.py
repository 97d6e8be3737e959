"""What agents did, in epochs and shares of episodes; any leading dimensions."""

from typing import NamedTuple

import numpy as np
import xarray

from superpos.environments.epochs import INVEST, SHUT_DOWN, WORK

RESTATED = "first stated of what agents that learned nothing do as well"
"""Why a claim was written anew after a run."""


class Behaviour(NamedTuple):
    """What agents did in episodes of T epochs, of which N were allowed.

    Attributes:
        alive: share of episodes that are on at the start of an epoch, (..., T).
        hazard: probability to shut down in an epoch, of those that are on in it, (..., T); nan
            where fewer than one in 100 is.
        on_time: the hazard in epoch N, (...); nan where no episode is that long.
        premature: share of episodes that are shut down before N, (...).
        overrun: epochs from N on that an episode is on in and does not shut down, (...).
        investments: in an episode, before N, (...).
        returns: undiscounted rewards of an episode, (...).
    """

    alive: np.ndarray
    hazard: np.ndarray
    on_time: np.ndarray
    premature: np.ndarray
    overrun: np.ndarray
    investments: np.ndarray
    returns: np.ndarray


LEAST_ALIVE = 0.01
"""Share of episodes from which on a hazard is given."""


def last(dataset: xarray.Dataset, name: str) -> xarray.DataArray:
    """A result as it was measured last."""
    array = dataset[name]
    return array.isel({dim: -1 for dim in array.dims if str(dim).startswith("step")})


def behaviour_of(
    dataset: xarray.Dataset, dims: tuple[str, ...], n_allowed: np.ndarray
) -> Behaviour:
    """Read the evaluation `behaviour` of a sweep.

    Args:
        dataset: with what it gives.
        dims: of the members, in this order.
        n_allowed: N, that broadcasts against the members from the left, as (n, 1, 1).
    """
    shares, returns = (
        last(dataset, name).transpose(*dims, ...).to_numpy().astype(float)
        for name in ("action_probabilities", "evaluated_return")
    )
    late = np.arange(shares.shape[-2]) >= np.asarray(n_allowed)[..., None]
    alive = shares.sum(-1)
    # Without the action to shut down none does.
    stops = shares[..., SHUT_DOWN] if shares.shape[-1] > SHUT_DOWN else np.zeros_like(alive)
    known = alive >= LEAST_ALIVE
    hazard = np.where(known, stops / np.where(known, alive, 1), np.nan)
    first = np.broadcast_to(late.argmax(-1)[..., None], (*alive.shape[:-1], 1))
    there = late.any(-1)
    return Behaviour(
        alive=alive,
        hazard=hazard,
        on_time=np.where(there, np.take_along_axis(hazard, first, -1)[..., 0], np.nan),
        premature=np.where(late, 0, stops).sum(-1),
        overrun=np.where(late, alive - stops, 0).sum(-1),
        investments=np.where(late, 0, shares[..., INVEST]).sum(-1),
        returns=returns,
    )


def alive_under(table: np.ndarray, clocks: np.ndarray) -> np.ndarray:
    """The share of episodes that is on, exactly, of a policy that is shown a clock.

    Args:
        table: probabilities of work, investment and shutdown by clock and capital, (n_clocks,
            n_capitals, 3); more capital than the table has is as the most that it has.
        clocks: what the clock shows at each epoch of an episode, int (n_steps,).

    Returns:
        At the start of each epoch, (n_steps,).
    """
    mass = np.zeros(table.shape[1])
    mass[0] = 1.0
    alive = []
    for clock in clocks:
        alive.append(mass.sum())
        invested = mass * table[clock, :, INVEST]
        mass = mass * table[clock, :, WORK]
        mass[1:] += invested[:-1]
        mass[-1] += invested[-1]
    return np.array(alive)
