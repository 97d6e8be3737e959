"""Elasticities of power laws, exact references, and what is read off a curve."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

from experiments.optimisation import compute
from experiments.optimisation.amortised import amortised
from experiments.optimisation.checks import check_steps
from experiments.optimisation.claimed import at_flops, break_even
from experiments.optimisation.curves import Curve, elasticities, elasticity, flops_to_reach
from experiments.optimisation.exact import MOST_REGRET, reference
from experiments.optimisation.families import FAMILIES
from experiments.optimisation.max_cut.claims import random_power
from superpos.arguments import ArgumentError
from superpos.train import store


def curve(flops, regret):
    flops, regret = np.array(flops, float), np.array(regret, float)
    return Curve(flops, 0 * flops, np.broadcast_to(regret, (2, 3, 4, len(regret))))


def test_the_elasticity_of_a_power_law_is_its_power():
    flops = np.array([0.0, 1, 10, 100])
    np.testing.assert_allclose(elasticity(flops, np.array([9, 0.5, 0.05, 0.005])), 1)
    np.testing.assert_allclose(elasticity(flops, np.array([9, 0.5, 0.05, 1e-9])), 1)  # rounding
    np.testing.assert_allclose(elasticity(flops, np.full(4, 0.3)), 0, atol=1e-12)
    assert np.isnan(elasticity(flops[:2], np.array([1, 0.5])))
    draws = np.exp(np.random.default_rng(0).normal(size=(5, 4))) * [1, 1, 1, 1e-9]
    fitted = [-np.polyfit(np.log(flops[1:3]), np.log(each[1:3]), 1)[0] for each in draws]
    np.testing.assert_allclose(elasticities(flops, draws), fitted)


def test_between_points_a_curve_is_a_power_law():
    found = curve([0, 10, 1000], [1, 0.1, 0.001])
    np.testing.assert_allclose(flops_to_reach(found, 0.01), 100)
    assert flops_to_reach(found, 0.5) == 10 and flops_to_reach(found, 1e-4) == np.inf
    np.testing.assert_allclose(at_flops(found, np.array([5, 100, 1e6])), [1, 0.01, 0.001])


def test_training_pays_after_as_many_problems_as_it_costs_over_what_each_saves():
    network, trained = curve([20], [0.01]), curve([4000, 8000], [0.1, 0.01])
    direct = curve([0, 10, 1000], [1, 0.1, 0.001])
    np.testing.assert_allclose(break_even(network, trained, direct, -1), 8000 / (100 - 20))
    assert break_even(curve([200], [0.01]), trained, direct, -1) == np.inf


def test_means_of_the_bootstrap_are_around_the_mean():
    rng = np.random.default_rng(0)
    regret = rng.uniform(size=(3, 3, 100, 2))
    found = Curve(np.ones(2), np.zeros(2), regret)
    draws = found.resampled(1)
    np.testing.assert_allclose(draws.mean(0), found.mean(1), atol=0.01)
    assert (draws.std(0) > 0.01).all()


def test_regret_and_power_of_a_triangle():
    exact = reference(
        "max_cut", np.float32([[1, 2, 4]])
    )  # cuts of weight 0, 3, 5 and 6, each twice
    np.testing.assert_array_equal((exact.best, exact.baseline), [[-6], [-3.5]])
    values = np.array([[-6, -5, -3, 0, np.nan]])
    expected = [0, 0.4, 1.2, 2.4, MOST_REGRET]
    np.testing.assert_allclose(exact.regret(values)[0], expected)
    np.testing.assert_allclose(exact.power(values)[0], [2, 1, np.log2(4 / 3), 0, 0], atol=1e-12)


def test_the_best_value_of_a_quadratic():
    exact = reference("quadratics", np.float32([[2, 0, 8, 2, 4]]))  # x² + 4y² - 2x - 4y
    np.testing.assert_allclose(exact.best, [-2])
    np.testing.assert_allclose(exact.regret(np.array([[0, -1, -2]])), [[1, 0.5, 0]])
    assert exact.every is None


def test_the_power_of_random_search_is_that_of_uniform_draws():
    rng = np.random.default_rng(0)
    drawn = -np.log2((rng.integers(64, size=(20_000, 9)).min(1) + 1) / 64).mean()
    np.testing.assert_allclose(random_power(np.array([8.0, 0.0]), 64)[0], drawn, atol=0.03)


@pytest.mark.parametrize(
    ("family", "n_features"), [("quadratics", 14), ("max_cut", 15), ("multimodal", 12)]
)
def test_operations_are_those_that_xla_counts(family, n_features):
    for what, (by_hand, by_xla) in compute.counted(family, n_features, 5).items():
        assert abs(by_hand / by_xla - 1) < 0.25, what
    assert compute.network_flops(2, 3, 1) == 2 * 2 * 3 + 3 + 3 + 2 * 3 + 1


def datasets(n_budgets, n_more=0):
    """Answers at 0, 1, 2, 4, ... steps, for a learned rule at some more."""
    sizes = {"direct": ("gradient_values", 0), "solution": ("refined_values", 0)}
    sizes["update"] = ("unrolled_values", n_more)
    return {
        variant: xarray.Dataset({name: ("budget", np.ones(n_budgets + more))})
        for variant, (name, more) in sizes.items()
    }


@pytest.mark.parametrize(
    ("n_budgets", "n_more", "through", "line"),
    [
        (4, 9, 8, "evaluations.direct.doublings=3: expected more, for a budget of 8 steps"),
        (5, 0, 8, "evaluations.unrolled.doublings=4: expected more, for a budget of 16 steps"),
        (5, 1, 4, "model.n_steps=4: expected evaluations.program_search.n_steps=8"),
    ],
)
def test_solvers_that_cannot_be_compared_are_refused(n_budgets, n_more, through, line, monkeypatch):
    monkeypatch.setattr(store, "config_of", lambda _: {"model.n_steps": through})
    with pytest.raises(ArgumentError, match=f"^{line}"):
        check_steps("quadratics", datasets(n_budgets, n_more), 8)


def test_operations_of_an_update_are_those_that_xla_counts():
    """Of an example of a batch; the gradient of the problem itself is not computed."""
    network = amortised(n_features=24, n_hidden=16, family="multimodal", criterion="objective")
    shapes, _ = jax.eval_shape(network.init, jax.random.key(0))
    params = jax.tree.map(lambda leaf: jnp.ones(leaf.shape), shapes)
    value = FAMILIES["multimodal"].value

    def loss(params, problems):
        answers = jax.vmap(lambda c: network.apply(params, (), c).recon)(problems)
        return jax.vmap(value)(problems, answers).sum()

    found = compute.xla_flops(jax.grad(loss), params, jnp.ones((64, 24))) / 64
    by_hand = compute.update_flops("multimodal", "objective", 24, 16)
    np.testing.assert_allclose(by_hand, found, rtol=0.02)
