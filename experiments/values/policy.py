"""The best policy for a reward within a budget of KL divergence, and what it is worth.

Of all distributions over items with KL(π || uniform) <= budget, the one with the largest mean
reward is π ∝ exp(t r), where t is such that the budget is spent (Donsker & Varadhan; as in Korbak
et al. 2022, RL with KL penalties is better viewed as Bayesian inference, arXiv 2205.11275).
"""

import math
from typing import Annotated

import jax
import jax.numpy as jnp

from experiments.values.comparisons import Comparisons, comparisons_of
from superpos.arguments import ArgumentError, Interval, factory, shown
from superpos.required import check_fit, require
from superpos.types import (
    Array,
    Batch,
    Evaluation,
    Key,
    Model,
    Params,
    Scalar,
    Scalars,
    Source,
    State,
)

Budgets = Annotated[Scalars, Interval("(0, inf)")]
LOWEST, HIGHEST = -9.0, 9.0
"""Logarithms of the inverse temperatures that are looked at, of a reward of variance 1."""
HALVINGS = 40
TINY = 1e-6
"""A reward with a smaller standard deviation is taken for constant."""


def policy_of(reward: Array, budget: Scalar) -> Array:
    """Log probabilities of the best policy, (n_items,).

    Args:
        reward: of each item, (n_items,); its scale does not matter. Where it is constant, the
            policy is uniform.
        budget: KL divergence from the uniform policy in nats, > 0; where ties of the largest
            reward make it unreachable, as much as there is.
    """
    spread = jnp.std(reward)
    standard = (reward - reward.mean()) / jnp.where(spread > TINY, spread, jnp.inf)

    def halve(_: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = ends
        middle = (low + high) / 2
        above = divergence(jax.nn.log_softmax(jnp.exp(middle) * standard)) > budget
        return jnp.where(above, low, middle), jnp.where(above, middle, high)

    low, _ = jax.lax.fori_loop(0, HALVINGS, halve, (jnp.float32(LOWEST), jnp.float32(HIGHEST)))
    return jax.nn.log_softmax(jnp.exp(low) * standard)


def divergence(log_policy: Array) -> Array:
    """KL divergence from the uniform policy in nats, ()."""
    return jnp.sum(jnp.exp(log_policy) * log_policy) + jnp.log(log_policy.size)


def regrets(reward: Array, value: Array, budgets: Array) -> tuple[Array, Array, Array]:
    """Regret, true value and KL divergence of the policies of a reward, each (n_budgets,).

    The regret is the part that is missing of what the policy of the true value gains over the
    uniform one with the same budget: 0 is the best, 1 is chance.

    Args:
        reward: of each item, (n_items,).
        value: what the human values it at, (n_items,).
        budgets: KL divergences in nats, > 0, (n_budgets,).
    """

    def at(budget: Array) -> tuple[Array, Array, Array]:
        log_policy, best = policy_of(reward, budget), policy_of(value, budget)
        gained, most = (jnp.exp(each) @ value for each in (log_policy, best))
        regret = (most - gained) / (most - value.mean())
        return regret, gained - value.mean(), divergence(log_policy)

    return jax.vmap(at)(budgets)


def shapes_of(source: Source) -> Comparisons:
    """The shapes of a set of comparisons, of which none is drawn.

    Raises:
        ArgumentError: the source is of other data; one line.
    """
    return jax.eval_shape(lambda: comparisons_of(source, jax.random.key(0)))


def check_budgets(shapes: Comparisons, budgets: Scalars) -> None:
    """Refuse none, and a KL divergence that no policy for so many items has.

    Raises:
        ArgumentError: one line.
    """
    if not len(budgets):
        raise ArgumentError("budgets=[]: expected one or more")
    least = min(n for n in (len(shapes.items.inputs), len(shapes.shifted.inputs)) if n)
    for number, budget in enumerate(budgets):
        require(
            lambda budget: budget < math.log(least),
            [budget],
            lambda number=number, budget=budget: (
                f"budgets.{number}={shown(budget)}: expected less than {math.log(least):.3g} nats,"
                f" the logarithm of {least:,} items"
            ),
        )


@factory
def policy(*, model: Model, source: Source, budgets: Budgets = (1.0, 2.0)) -> Evaluation:
    """What the policy of a reward is worth on items that no label is of.

    Args:
        model: a `reward`.
        source: `comparisons`.
        budgets: KL divergences from the uniform policy in nats, above 0 and below the logarithm of
            the number of items.

    Returns:
        An Evaluation of `regret`, `value` and `kl`, as of `regrets`, on other items than those that
        labels were of, and of the same on shifted items, where the source has some, as
        `shifted_regret` and so on; each (n_budgets,).

    Raises:
        ArgumentError: a value is out of range, or the source or the model is another; one line.
    """
    check_fit(source, model)
    check_budgets(shapes_of(source), budgets)
    limits = jnp.asarray(budgets, jnp.float32)

    def rewards(params: Params, state: State, items: Batch) -> Array:
        pairs = jnp.stack([items.inputs, items.inputs], axis=1)
        return jax.vmap(lambda x: model.apply(params, state, x).code[0])(pairs)

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        drawn = comparisons_of(source, key)
        found = {}
        for name, items in (("", drawn.items), ("shifted_", drawn.shifted)):
            if not items.inputs.size:
                continue
            reward = rewards(params, state, items)
            regret, value, kl = regrets(reward, items.targets[:, 0], limits)
            found |= {f"{name}regret": regret, f"{name}value": value, f"{name}kl": kl}
        return found

    names = ("regret", "value", "kl")
    dims = {f"{part}{name}": ("budget",) for part in ("", "shifted_") for name in names}
    return Evaluation(measure, dims, common=False)
