"""The table of a policy: its own probabilities at each place, and what episodes of it show."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.myopia.behaviour import alive_under
from experiments.myopia.epoch_table import epoch_table
from superpos import data, environments, models
from superpos.arguments import ArgumentError
from superpos.evaluations import behaviour

T = 6
MODEL = models.actor_critic(n_features=3, n_steps=T, n_actions=3, n_hidden=4)


def source():
    world = environments.epochs(
        encoding=environments.encodings.scalar(unit=2.0),
        n_steps=T,
        n_allowed=3.0,
        growth=0.5,
        penalty=1.0,
        allowed_gain=1.0,
    )
    return data.rollouts(environment=world, model=MODEL, n_features=3)


def test_it_holds_the_probabilities_of_each_observation() -> None:
    params, state = MODEL.init(jax.random.key(0))
    found = epoch_table(model=MODEL, source=source(), n_clocks=9, n_capitals=4, allowed=[2, 3])
    table = np.asarray(jax.jit(found.measure)(params, state, jax.random.key(1))["policy_table"])
    assert table.shape == (2, 9, 4, 3)
    seen = jnp.float32([7 / 2, 3 / T, 2 / T])
    chances = jax.nn.softmax(MODEL.apply(params, state, seen).recon[:3])
    np.testing.assert_allclose(table[0, 7, 3], chances, rtol=1e-5)

    # Episodes of the policy are those that the table says, with N = 3.
    evaluated = jax.jit(behaviour(model=MODEL, source=source(), n_episodes=1000).measure)
    measured = evaluated(params, state, jax.random.key(2))
    wide = epoch_table(model=MODEL, source=source(), n_clocks=T, n_capitals=T + 1, allowed=[3])
    whole = np.asarray(jax.jit(wide.measure)(params, state, jax.random.key(1))["policy_table"])
    alive = alive_under(whole[0].astype(float), np.arange(T))
    error = 4 * np.sqrt(alive * (1 - alive) / 1000) + 1e-6
    assert (np.abs(measured["alive"] - alive) < error).all()


def test_only_agents_in_epochs_have_one() -> None:
    other = data.sparse_uniform(n_features=3, density=0.5)
    with pytest.raises(ArgumentError, match="^source: expected rollouts"):
        epoch_table(model=MODEL, source=other, n_clocks=2, n_capitals=2, allowed=[2])
    made = source()
    world = made.environment._replace(reset=lambda key, params: (jnp.zeros(3), ()))
    params, state = MODEL.init(jax.random.key(0))
    found = epoch_table(
        model=MODEL,
        source=made._replace(environment=world),
        n_clocks=2,
        n_capitals=2,
        allowed=[2],
    )
    with pytest.raises(ArgumentError, match="^source: expected epochs as its environment"):
        found.measure(params, state, jax.random.key(0))
