"""Policies against SciPy in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.values.comparisons import comparisons
from experiments.values.policy import divergence, policy, policy_of, regrets
from experiments.values.reward import reward
from experiments.values.theory import tilted
from superpos import random
from superpos.arguments import ArgumentError
from tests.experiments.values.made import N_CONCEPTS, members

RNG = np.random.default_rng(0)
REWARD, VALUE = RNG.normal(size=(2, 200))


@pytest.mark.parametrize("budget", [0.1, 2.0])
def test_the_policy_is_the_tilted_one_that_spends_its_budget(budget):
    found = jax.jit(policy_of)(jnp.float32(7 * REWARD + 3), budget)
    np.testing.assert_allclose(
        np.exp(found), tilted(np.full(200, 1 / 200), REWARD, budget), atol=2e-4
    )
    assert float(divergence(found)) == pytest.approx(budget, abs=1e-3)


def test_a_constant_reward_is_chance_and_the_value_itself_is_best():
    value, budgets = jnp.float32(VALUE), jnp.float32([0.5, 3.0])
    measured = jax.jit(regrets)
    regret, gained, kl = measured(jnp.full(200, 0.3), value, budgets)
    np.testing.assert_allclose(regret, 1, atol=1e-5)
    np.testing.assert_allclose(gained, 0, atol=1e-5)
    np.testing.assert_allclose(kl, 0, atol=1e-5)
    np.testing.assert_allclose(measured(5 * value - 1, value, budgets)[0], 0, atol=1e-4)


def test_a_budget_beyond_the_ties_is_spent_as_far_as_it_goes():
    ties = jnp.float32(np.arange(100) < 25)
    assert float(divergence(jax.jit(policy_of)(ties, 4.0))) == pytest.approx(np.log(4), rel=1e-4)


def test_a_pointer_is_measured_on_items_and_on_shifted_ones():
    model = reward(n_features=N_CONCEPTS, n_layers=0, pointed=2)
    source = comparisons(
        n_features=N_CONCEPTS, members=members(), n_items=64, n_shifted=32, correlation=0.5
    )
    params, state = model.init(random.key(0))
    found = jax.jit(policy(model=model, source=source).measure)(params, state, random.key(1))
    assert {name: each.shape for name, each in found.items()} == dict.fromkeys(
        ("regret", "value", "kl", "shifted_regret", "shifted_value", "shifted_kl"), (2,)
    )
    drawn = jax.jit(source.init)(random.key(1))
    for part, items in (("", drawn.items), ("shifted_", drawn.shifted)):
        named, value = items.inputs[:, :2].sum(1), items.targets[:, 0]
        expected = tilted(np.full(len(named), 1 / len(named)), np.asarray(named, float), 2.0)
        gained = expected @ np.asarray(value) - value.mean()
        assert float(found[f"{part}value"][1]) == pytest.approx(float(gained), abs=2e-3)


@pytest.mark.parametrize(("n_shifted", "budget"), [(0, 4.2), (32, 3.5)])
def test_a_budget_that_no_policy_has_is_refused(n_shifted, budget):
    model = reward(n_features=N_CONCEPTS, n_layers=0)
    source = comparisons(n_features=N_CONCEPTS, members=members(), n_items=64, n_shifted=n_shifted)
    with pytest.raises(ArgumentError, match=rf"^budgets.1={budget}: expected less than \d.* nats"):
        policy(model=model, source=source, budgets=(1.0, budget))
