"""SynthSAEBench's features: its published constants, and laws by counting."""

import itertools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import random
from superpos.arguments import ArgumentError
from superpos.data import draw, synthetic
from superpos.data.forest import corrected, level_starts, level_widths, with_parents
from superpos.data.synthetic import MOST_SHARED, factors_of, zipf
from tests.superpos.data.laws import rate_is

SMALL = {"n_features": 12, "n_roots": 2, "branching": 4, "depth": 1, "rank": 3}
PUBLISHED = [  # features, roots, the first ones that are counted, L0 and L0 of those
    (16384, 128, 4096, 34.29, 24.96),
    (1024, 8, 256, 7.33, 5.61),
    (2048, 16, 512, 10.9, None),
]
"""From SAES.md, computed there by sampling SAELens' generator."""


def densities_of(n: int) -> np.ndarray:
    falling = np.arange(1, n + 1) ** -0.5
    return 5e-4 + (0.4 - 5e-4) * (falling - falling[-1]) / (1 - falling[-1])


def expected_densities(p: np.ndarray, n_roots: int) -> tuple[np.ndarray, np.ndarray]:
    """Corrected and resulting probabilities in trees of depth 3, of independent draws."""
    widths = [n_roots * 4**level for level in range(4)]
    start = np.cumsum([0, *widths])
    drawn, on = p.copy(), p.copy()
    for level in range(1, 4):
        parents = slice(start[level - 1], start[level])
        own = p[start[level] : start[level + 1]].reshape(-1, 4)
        above = p[parents, None]
        drawn_now = own / above * (1 + (own.sum(1, keepdims=True) - own) / above)
        drawn_now = np.minimum(drawn_now, 1.0)
        wins = np.zeros_like(own)
        for outcome in itertools.product((0, 1), repeat=4):
            chance = np.where(outcome, drawn_now, 1 - drawn_now).prod(1, keepdims=True)
            wins += chance * np.array(outcome) / max(sum(outcome), 1)
        drawn[start[level] : start[level + 1]] = drawn_now.ravel()
        on[start[level] : start[level + 1]] = (on[parents, None] * wins).ravel()
    return drawn, on


@pytest.mark.parametrize(("n", "n_roots", "first", "l0", "l0_of_first"), PUBLISHED)
def test_published_sizes_have_their_l0(n, n_roots, first, l0, l0_of_first) -> None:
    """In closed form but for the correlations, which change L0 by less than 1.5 %."""
    drawn, on = expected_densities(densities_of(n), n_roots)
    assert drawn.max() < 1
    np.testing.assert_allclose(on.sum(), l0, rtol=0.015)
    if l0_of_first is not None:
        np.testing.assert_allclose(on[:first].sum(), l0_of_first, rtol=0.015)
    np.testing.assert_allclose(zipf(n, 0.5, 0.4, 5e-4), densities_of(n), rtol=1e-4)
    found = corrected(jnp.asarray(densities_of(n), jnp.float32), level_widths(n_roots, 4, 3), 4)
    np.testing.assert_allclose(found, drawn, rtol=1e-4)


@pytest.mark.slow
def test_the_reduced_size_has_its_l0() -> None:
    source = synthetic(n_features=1024, n_roots=8)
    values = np.asarray(draw(source, jax.random.key(3), 4000).factors)
    assert (values >= 0).all()
    np.testing.assert_allclose((values > 0).sum(1).mean(), 7.33, rtol=0.03)
    np.testing.assert_allclose((values[:, :256] > 0).sum(1).mean(), 5.61, rtol=0.03)


@pytest.mark.slow
def test_without_correlations_densities_are_those_of_the_closed_form() -> None:
    source = synthetic(n_features=170, n_roots=2, correlation_scale=0.0, std_mean=0, std_spread=0)
    values = np.asarray(draw(source, jax.random.key(1), 20_000).factors)
    _, on = expected_densities(densities_of(170), 2)
    for column, p in zip(values.T, on, strict=True):
        assert rate_is(column > 0, p)


def test_a_draw_costs_little_more_than_its_random_numbers() -> None:
    """One that draws anew for each level of the trees, and for each reader, takes 17 times."""
    source = synthetic(n_features=170, n_roots=2)
    key = random.key(0)
    normal = flops_of(lambda key: jax.random.normal(key, (170, 256)), key)
    assert flops_of(lambda key: draw(source, key, 256).factors, key) < 3 * normal


def flops_of(function: Callable[[jax.Array], jax.Array], key: jax.Array) -> float:
    """Of the compiled program."""
    analysis = jax.jit(function).lower(key).compile().cost_analysis()
    assert analysis is not None
    return analysis["flops"]


def test_trees_scale_children_and_let_one_win() -> None:
    """Of one root with two children; the parent's mean is 2."""
    values = jnp.array([[4.0, 4.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0], [3.0, 3.0, 3.0, 0.0]])
    turns = jnp.array([[0.2, 0.7, 0.2, 0.9]])
    found = with_parents(values, turns, jnp.array([2.0, 5.0, 5.0]), [1, 2], 2)
    expected = [[4.0, 4.0, 0.0, 1.0], [2.0, 0.0, 0.0, 0.5], [0.0, 6.0, 0.0, 0.0]]
    np.testing.assert_array_equal(found, expected)


def test_a_child_that_lost_has_no_children() -> None:
    values = jnp.ones((7, 1))
    found = with_parents(values, jnp.array([[0.9], [0.1], [0.1]]), jnp.ones(7), [1, 2, 4], 2)
    assert found[:, 0].tolist() == [1, 0, 1, 0, 0, 1, 0]
    assert level_starts([1, 2, 4]) == [0, 1, 3]


def test_values_are_normal_with_linear_means_where_features_are_free() -> None:
    source = synthetic(
        n_features=5, n_roots=0, largest_density=1.0, least_density=1.0, std_spread=0.0
    )
    values = np.asarray(draw(source, jax.random.key(2), 4000).factors, np.float64)
    means = np.linspace(5, 4, 5)
    assert np.abs((values.mean(0) - means) / (0.5 / 4000**0.5)).max() < 5
    np.testing.assert_allclose(values.std(0), 0.5, rtol=0.06)


def test_factors_leave_every_feature_some_variance_of_its_own() -> None:
    factors = np.asarray(factors_of(jax.random.key(0), (50, 25), 0.3), np.float64)
    squares = (factors**2).sum(1)
    assert squares.max() <= MOST_SHARED * (1 + 1e-5)
    assert (squares > MOST_SHARED * (1 - 1e-5)).any() and squares.min() < MOST_SHARED


def test_more_trees_than_features_are_refused() -> None:
    with pytest.raises(ArgumentError) as refusal:
        synthetic(**(SMALL | {"n_roots": 3}))
    assert str(refusal.value) == "n_features=12: expected the 15 of trees or more"
