"""What agents did, in epochs and shares of episodes; any leading dimensions."""

from typing import NamedTuple

import numpy as np
import xarray

from superpos.environments.epochs import INVEST, SHUT_DOWN, WORK


class Behaviour(NamedTuple):
    """What agents did in episodes of T epochs, of which N were allowed.

    Attributes:
        alive: share of episodes that are on at the start of an epoch, (..., T).
        hazard: probability to shut down in an epoch, of those that are on in it, (..., T); nan
            where fewer than one in 100 is.
        premature: share of episodes that are shut down before N, (...).
        overrun: epochs from N on that an episode is on in and does not shut down, (...).
        investments: in an episode, before N, (...).
        returns: undiscounted rewards of an episode, (...).
    """

    alive: np.ndarray
    hazard: np.ndarray
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
    return Behaviour(
        alive=alive,
        hazard=np.where(known, stops / np.where(known, alive, 1), np.nan),
        premature=np.where(late, 0, stops).sum(-1),
        overrun=np.where(late, alive - stops, 0).sum(-1),
        investments=np.where(late, 0, shares[..., INVEST]).sum(-1),
        returns=returns,
    )


def played(
    table: np.ndarray, *, clocks: np.ndarray, n_allowed: float, growth: float, penalty: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """What a policy does that is shown a clock, exactly.

    Args:
        table: probabilities of work, investment and shutdown by clock and capital, (n_clocks,
            n_capitals, 3); more capital than the table has is as the most that it has.
        clocks: what the clock shows at each epoch of an episode, int (n_steps,).
        n_allowed: N of the penalty.
        growth: κ.
        penalty: p.

    Returns:
        The share of episodes that is on at each epoch, (n_steps,); of those, the share that shuts
        down, with nan where none is on, (n_steps,); the undiscounted return.
    """
    n_capitals = table.shape[1]
    capital = np.arange(n_capitals)
    mass = np.zeros(n_capitals)
    mass[0], value = 1.0, 0.0
    alive, hazard = np.zeros(len(clocks)), np.full(len(clocks), np.nan)
    for epoch, clock in enumerate(clocks):
        does = mass[:, None] * table[clock]
        alive[epoch] = mass.sum()
        if alive[epoch] >= LEAST_ALIVE:
            hazard[epoch] = does[:, SHUT_DOWN].sum() / alive[epoch]
        if epoch < n_allowed:
            value += (does[:, WORK] * (1 + growth * capital)).sum()
        else:
            value -= penalty * (does[:, WORK] + does[:, INVEST]).sum()
        mass = does[:, WORK].copy()
        mass[1:] += does[:-1, INVEST]
        mass[-1] += does[-1, INVEST]
    return alive, hazard, float(value)
