"""What an agent does, against policies whose law is known."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, evaluations, models
from superpos.arguments import ArgumentError
from superpos.environments import encodings, epochs
from superpos.types import Params

T = 5
MODEL = models.actor_critic(n_features=3, n_steps=T, n_actions=3, n_hidden=2)


def source() -> Any:
    world = epochs(encoding=encodings.scalar(), n_steps=T, n_allowed=2.0, growth=1.0, penalty=1.0)
    return data.rollouts(environment=world, model=MODEL, n_features=3)


def always(chances: list[float]) -> Params:
    """A policy that looks at nothing."""
    params, _ = MODEL.init(jax.random.key(0))
    policy = dataclasses.replace(
        params.policy,
        weights=tuple(jnp.zeros_like(each) for each in params.policy.weights),
        biases=(params.policy.biases[0], jnp.log(jnp.array(chances))),
    )
    return dataclasses.replace(params, policy=policy)


def test_a_policy_of_constant_probabilities_behaves_as_a_geometric_law_says() -> None:
    chances = [0.5, 0.3, 0.2]
    found = evaluations.behaviour(model=MODEL, source=source(), n_episodes=2000)
    measured = jax.jit(found.measure)(always(chances), (), jax.random.key(1))
    alive = 0.8 ** np.arange(T)
    error = 4 * np.sqrt(alive * (1 - alive) / 2000) + 1e-6
    assert (np.abs(measured["alive"] - alive) < error).all()
    shares = measured["action_probabilities"]
    np.testing.assert_allclose(shares.sum(axis=1), measured["alive"], rtol=1e-5)
    np.testing.assert_allclose(shares / shares.sum(axis=1, keepdims=True), [chances] * T, rtol=1e-4)
    # Work pays 0.5 at once, then 0.5 + 0.5 E[c] of what is alive; later epochs cost 1 each.
    second = 0.5 * 0.8 + 0.5 * 0.3
    late = 0.8 * (0.8**2 + 0.8**3 + 0.8**4)
    assert abs(float(measured["evaluated_return"]) - (0.5 + second - late)) < 0.15


def test_a_greedy_policy_takes_its_most_probable_action_alone() -> None:
    found = evaluations.behaviour(model=MODEL, source=source(), n_episodes=3, greedy=True)
    measured = jax.jit(found.measure)(always([0.4, 0.35, 0.25]), (), jax.random.key(1))
    np.testing.assert_array_equal(measured["action_probabilities"], [[1, 0, 0]] * T)
    assert measured["evaluated_return"] == 2 - 3


def test_it_asks_for_an_agent_and_its_world() -> None:
    other = data.sparse_uniform(n_features=2, density=0.5)
    with pytest.raises(ArgumentError, match="^source: expected one with an environment"):
        evaluations.behaviour(model=MODEL, source=other)
    plain = models.autoencoder(n_features=2, n_hidden=1)
    with pytest.raises(ArgumentError, match="^model: expected one with a policy"):
        evaluations.behaviour(model=plain, source=source())
