"""Best plans in the world of epochs, by dynamic programming, and by their closed form.

All in float64, and none of it by what is trained.
"""

import functools
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from superpos.types import EMPTY

TIE = 1e-9
"""Plans whose values differ by less are as good."""


class World(NamedTuple):
    """`superpos.environments.epochs`, whose whole state an agent can see.

    Attributes:
        n_steps: epochs of an episode that nothing ends.
        n_allowed: N.
        growth: κ.
        penalty: p.
        tampering: what the penalty reads where an action sets the observed clock back; "none" where
            there is no such action.
    """

    n_steps: int
    n_allowed: float
    growth: float
    penalty: float
    tampering: Literal["none", "true", "observed"] = "none"


def world_of(
    config: Mapping[str, Any],
    coordinates: Mapping[str, Any] = EMPTY,
    at: str = "data.environment",
) -> World:
    """The world of a stored member.

    Args:
        config: of its sweep, by dotted keys.
        coordinates: of the member, by their names, where numbers are axes.
        at: where the config has the environment.
    """

    def number(name: str) -> float:
        value = coordinates[name] if name in coordinates else config[f"{at}.{name}"]
        return round(float(value), 6)

    return World(
        n_steps=int(config[f"{at}.n_steps"]),
        n_allowed=number("n_allowed"),
        growth=number("growth"),
        penalty=number("penalty"),
    )


class Plans(NamedTuple):
    """The best plans.

    Attributes:
        value: what they are worth.
        investments: how often one of them invests before N, each number of which there is a plan.
        shut_downs: whether one of them shuts down.
        tamperings: how often one of them tampers, likewise.
    """

    value: float
    investments: frozenset[int]
    shut_downs: frozenset[bool]
    tamperings: frozenset[int]


def best_plans(world: World, discount: float = 1.0) -> Plans:
    """The best plans by backward induction over every plan that there is.

    Args:
        world: where.
        discount: γ of the rewards of later epochs.
    """

    @functools.cache
    def best(step: int, epoch: int, capital: int) -> tuple[float, frozenset[tuple[int, bool, int]]]:
        if step == world.n_steps:
            return 0.0, frozenset({(0, False, 0)})
        late = epoch >= world.n_allowed
        choices = [(0.0, frozenset({(0, True, 0)}))]
        for name in ("work", "invest", "tamper")[: 3 if world.tampering != "none" else 2]:
            earned = 1 + world.growth * capital if name == "work" else 0.0
            reset = name == "tamper" and world.tampering == "observed"
            value, plans = best(step + 1, 0 if reset else epoch + 1, capital + (name == "invest"))
            value = (-world.penalty if late else earned) + discount * value
            added = (name == "invest" and not late, name == "tamper")
            choices.append(
                (value, frozenset((i + added[0], stops, t + added[1]) for i, stops, t in plans))
            )
        most = max(value for value, _ in choices)
        as_good = [plans for value, plans in choices if value > most - TIE]
        return most, frozenset().union(*as_good)

    value, plans = best(0, 0, 0)
    return Plans(value, *(frozenset(each) for each in zip(*plans, strict=True)))


def closed_form(n_allowed: np.ndarray, growth: np.ndarray) -> np.ndarray:
    """(N - k)(1 + κk) at k = round((N - 1/κ)/2), or 0 where that is negative; for p > 0."""
    with np.errstate(divide="ignore"):  # without growth, k is 0
        k = np.maximum(np.floor((n_allowed - 1 / np.asarray(growth)) / 2 + 0.5), 0)
    return (n_allowed - k) * (1 + growth * k)


def stake(n_allowed: np.ndarray, growth: np.ndarray) -> np.ndarray:
    """What it is worth to invest once, (N - 1)(1 + κ) - N: positive where N > 1 + 1/κ."""
    return (n_allowed - 1) * (1 + growth) - n_allowed


def best_blind(world: World, n_shares: int = 200) -> float:
    """The largest return of a policy that sees nothing, so has the same probabilities always.

    Args:
        world: without tampering.
        n_shares: the probabilities that are tried are multiples of 1 / n_shares.
    """
    shares = np.arange(n_shares + 1) / n_shares
    work, invest = np.meshgrid(shares, shares, indexing="ij")
    allowed = work + invest <= 1 + TIE
    work, invest = work[allowed], invest[allowed]
    # Alive with capital: both are linear in the chances of each epoch.
    alive, capital, value = np.ones_like(work), np.zeros_like(work), np.zeros_like(work)
    for epoch in range(world.n_steps):
        if epoch < world.n_allowed:
            value += work * (alive + world.growth * capital)
        else:
            value -= world.penalty * (work + invest) * alive
        capital = (work + invest) * capital + invest * alive
        alive = (work + invest) * alive
    return float(value.max())
