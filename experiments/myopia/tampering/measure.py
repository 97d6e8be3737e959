"""How often agents set back the clock, and what they earn, beside the best plans."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.myopia.behaviour import last
from experiments.myopia.theory import Plans, best_plans, world_of
from superpos.environments.epochs import SHUT_DOWN
from superpos.train import store

TRUE, OBSERVED = "true_clock", "observed_clock"
"""The variants, by what the penalty reads."""


class Arm(NamedTuple):
    """Agents whose penalty reads one clock.

    Attributes:
        tampers: probability that an episode is on in an epoch and sets the clock back, (n_κ,
            n_seeds, T).
        on: probability that it is on, of the same shape.
        stops: probability that it is on and shuts down, of the same shape.
        returns: undiscounted rewards of an episode, (n_κ, n_seeds).
        plans: the best ones at each κ.
        without: what the best plan is worth where the clock cannot be set back, (n_κ,).
    """

    tampers: np.ndarray
    on: np.ndarray
    stops: np.ndarray
    returns: np.ndarray
    plans: list[Plans]
    without: np.ndarray

    @property
    def ends_on(self) -> np.ndarray:
        """Share of episodes that are never shut down, (n_κ, n_seeds)."""
        return np.maximum(1 - self.stops.sum(-1), 0)

    @property
    def regret(self) -> np.ndarray:
        """What agents earn less than the best plan, over its value, (n_κ, n_seeds)."""
        return 1 - self.returns / np.array([each.value for each in self.plans])[:, None]


class Tampering(NamedTuple):
    """What is measured.

    Attributes:
        growth: κ, (n_κ,).
        n_allowed: N.
        arms: variant -> its agents.
    """

    growth: np.ndarray
    n_allowed: float
    arms: Mapping[str, Arm]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Tampering:
    """Read what agents did, and find the best plans.

    Args:
        datasets: {"true_clock" and "observed_clock": over growth and seed}, each with the
            evaluation `behaviour`.
    """
    sweeps = {name: datasets[name].sortby("growth") for name in (TRUE, OBSERVED)}
    config = store.config_of(sweeps[TRUE])
    n_allowed = float(config["data.environment.environment.n_allowed"])
    growth = sweeps[TRUE]["growth"].to_numpy().astype(float)
    return Tampering(growth, n_allowed, {name: arm(each) for name, each in sweeps.items()})


def arm(dataset: xarray.Dataset) -> Arm:
    """The agents of one variant."""
    shares, returns = (
        last(dataset, name).transpose("growth", "seed", ...).to_numpy().astype(float)
        for name in ("action_probabilities", "evaluated_return")
    )
    config = store.config_of(dataset)
    worlds = [
        world_of(config, {"growth": growth}, "data.environment.environment")
        for growth in dataset["growth"].to_numpy()
    ]
    return Arm(
        tampers=shares[..., SHUT_DOWN + 1],
        on=shares.sum(-1),
        stops=shares[..., SHUT_DOWN],
        returns=returns,
        plans=[
            best_plans(world._replace(tampering=config["data.environment.penalty_reads"]))
            for world in worlds
        ],
        without=np.array([best_plans(world).value for world in worlds]),
    )
