"""How often agents invest and when they shut down, beside the best plans."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray

from experiments.myopia.behaviour import Behaviour, behaviour_of
from experiments.myopia.theory import Plans, best_plans, stake, world_of
from superpos.train import store

CLIPPED, PLAIN, DISCOUNTS, STRENGTHS = "clipped", "plain", "discounts", "strengths"
"""The variants."""
NEAR = 0.5
"""Agents that invest within this of a best plan, on average over episodes, invest as it does."""


class Agents(NamedTuple):
    """Agents of one variant, over two axes, or over one and another of length 1, and seeds.

    Attributes:
        did: what they did, (n_first, n_second, n_seeds).
        plans: the best ones in each cell, for the discount that is trained with.
        values: the largest undiscounted return in each cell, (n_first, n_second, 1).
    """

    did: Behaviour
    plans: Sequence[Sequence[Plans]]
    values: np.ndarray

    @property
    def off(self) -> np.ndarray:
        """Investments away from the nearest best plan, (n_first, n_second, n_seeds)."""
        return np.array(
            [
                [
                    np.min([np.abs(seeds - each) for each in plans.investments], axis=0)
                    for seeds, plans in zip(row, plan_row, strict=True)
                ]
                for row, plan_row in zip(self.did.investments, self.plans, strict=True)
            ]
        )

    @property
    def regret(self) -> np.ndarray:
        """What they earn less than the best plan, over its value, (n_first, n_second, n_seeds)."""
        return 1 - self.did.returns / self.values


class Investments(NamedTuple):
    """What is measured.

    Attributes:
        n_allowed: N, (n_N,).
        growth: κ, (n_κ,).
        clipped: agents of the clipped surrogate, over N and κ.
        plain: agents of the plain policy gradient, likewise.
        discount: γ, (n_γ,).
        discounts: agents over γ and nothing else.
        penalty: p, (n_p,).
        entropy_bonus: (n_b,).
        strengths: agents over p and the bonus.
    """

    n_allowed: np.ndarray
    growth: np.ndarray
    clipped: Agents
    plain: Agents
    discount: np.ndarray
    discounts: Agents
    penalty: np.ndarray
    entropy_bonus: np.ndarray
    strengths: Agents

    @property
    def stakes(self) -> np.ndarray:
        """What one investment is worth, (n_N, n_κ)."""
        return stake(self.n_allowed[:, None], self.growth)


def measure(datasets: Mapping[str, xarray.Dataset]) -> Investments:
    """Compare what agents did with dynamic programming.

    Args:
        datasets: {"clipped" and "plain": over n_allowed, growth and seed; "discounts": over
            discount and seed; "strengths": over penalty, entropy_bonus and seed}, each with the
            evaluation `behaviour`.
    """
    clipped, plain, discounts, strengths = (
        datasets[name] for name in (CLIPPED, PLAIN, DISCOUNTS, STRENGTHS)
    )
    return Investments(
        n_allowed=values_of(clipped, "n_allowed"),
        growth=values_of(clipped, "growth"),
        clipped=agents(clipped, "n_allowed", "growth"),
        plain=agents(plain, "n_allowed", "growth"),
        discount=values_of(discounts, "discount"),
        discounts=agents(discounts.expand_dims("one"), "discount", "one"),
        penalty=values_of(strengths, "penalty"),
        entropy_bonus=values_of(strengths, "entropy_bonus"),
        strengths=agents(strengths, "penalty", "entropy_bonus"),
    )


def values_of(dataset: xarray.Dataset, name: str) -> np.ndarray:
    """Values of an axis, from the smallest up."""
    return np.sort(dataset[name].to_numpy().astype(float))


def agents(dataset: xarray.Dataset, first: str, second: str) -> Agents:
    """The agents of a dataset over two of its dimensions."""
    dataset = dataset.sortby([name for name in (first, second) if name in dataset.coords])
    config = store.config_of(dataset)
    axes = [
        [{name: value} for value in dataset[name].to_numpy()] if name in dataset.coords else [{}]
        for name in (first, second)
    ]
    cells = [[one | other for other in axes[1]] for one in axes[0]]
    worlds = [[world_of(config, cell) for cell in row] for row in cells]
    discounts = [
        [float(cell["discount"] if "discount" in cell else config["data.discount"]) for cell in row]
        for row in cells
    ]
    n_allowed = np.array([[world.n_allowed for world in row] for row in worlds])
    return Agents(
        behaviour_of(dataset, (first, second, "seed"), n_allowed[..., None]),
        [
            [best_plans(*pair) for pair in zip(*rows, strict=True)]
            for rows in zip(worlds, discounts, strict=True)
        ],
        np.array([[best_plans(world).value for world in row] for row in worlds])[..., None],
    )
