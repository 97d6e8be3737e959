"""Trees of features: who is on with whom, how often, and how large."""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos.arguments import ArgumentError
from superpos.data import draw, hierarchy, magnitudes
from superpos.types import Source
from tests.superpos.data.laws import drawn, is_uniform, mean_is, rate_is, small_draws

N = 60_000
TREE = {
    "n_features": 14,
    "density": 0.5,
    "child_density": 0.6,
    "branching": 2,
    "depth": 2,
    "exclusive": False,
    "scale_by_parent": False,
}
"""Two roots, their four children, and eight of those."""
PARENT = [None, None, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
LEVEL_OF = [0] * 2 + [1] * 4 + [2] * 8


def tree(**changes) -> dict:
    return TREE | changes


@functools.cache
def draws(exclusive: bool, scale_by_parent: bool) -> Callable[..., np.ndarray]:
    def build(child_density: float) -> Source:
        changes = {"exclusive": exclusive, "scale_by_parent": scale_by_parent}
        return hierarchy(**tree(child_density=child_density, **changes))

    return small_draws(build)


@pytest.mark.slow
@given(
    seed=st.integers(0, 2**32 - 1),
    exclusive=st.booleans(),
    scale_by_parent=st.booleans(),
    child_density=st.floats(1 / 8, 1, width=32),
)
def test_a_child_is_on_only_with_its_parent(
    seed: int, exclusive: bool, scale_by_parent: bool, child_density: float
) -> None:
    values = draws(exclusive, scale_by_parent)(seed, child_density=child_density)
    on = values != 0
    for child, parent in enumerate(PARENT):
        if parent is not None:
            assert (on[:, child] <= on[:, parent]).all()
            if scale_by_parent:
                assert (values[:, child] <= values[:, parent]).all()
    if exclusive:
        for parent in range(6):
            siblings = [child for child, its in enumerate(PARENT) if its == parent]
            assert (on[:, siblings].sum(-1) <= 1).all()


@pytest.mark.slow
@pytest.mark.parametrize("exclusive", [False, True])
def test_densities_fall_from_level_to_level(exclusive: bool) -> None:
    values = drawn(hierarchy(**tree(exclusive=exclusive)), N)
    given_parent = 0.3 if exclusive else 0.6
    for column, level in zip(values.T, LEVEL_OF, strict=True):
        p = 0.5 * given_parent**level
        assert rate_is(column != 0, p)
        assert is_uniform(column[column != 0])
        assert mean_is(column, p / 2, p / 3 - p**2 / 4)


@pytest.mark.slow
def test_siblings_that_do_not_exclude_each_other_are_independent_given_their_parent() -> None:
    on = drawn(hierarchy(**TREE), N) != 0
    assert rate_is(on[:, 2] & on[:, 3], 0.5 * 0.6**2)
    assert rate_is(on[:, 6] & on[:, 7], 0.5 * 0.6 * 0.6**2)


def test_exclusive_siblings_share_one_draw() -> None:
    on = drawn(hierarchy(**tree(exclusive=True)), N) != 0
    assert rate_is(on[:, 2] | on[:, 3], 0.5 * 0.6)
    assert not (on[:, 2] & on[:, 3]).any()


def test_trees_are_independent() -> None:
    on = drawn(hierarchy(**TREE), N) != 0
    assert rate_is(on[:, 0] & on[:, 1], 0.25)
    assert rate_is(on[:, 2] & on[:, 4], 0.09)


def test_a_scaled_child_is_a_product_of_uniforms() -> None:
    """The mean of a product of k uniforms is 2^-k, and that of its square 3^-k."""
    values = drawn(hierarchy(**tree(scale_by_parent=True)), N)
    for column, level in zip(values.T, LEVEL_OF, strict=True):
        p, k = 0.5 * 0.6**level, level + 1
        assert rate_is(column != 0, p)
        assert mean_is(column, p * 2.0**-k, p * 3.0**-k - p**2 * 4.0**-k)
    ratio = values[:, 2][values[:, 2] != 0] / values[:, 0][values[:, 2] != 0]
    assert is_uniform(ratio)


def test_a_parent_and_one_child_of_equal_size() -> None:
    """The toy model of absorption: two features, binary, P(child | parent) = 0.2."""
    ones = magnitudes.uniform(low=1.0, high=1.0)
    source = hierarchy(
        **tree(n_features=2, density=0.25, child_density=0.2, branching=1, depth=1), magnitude=ones
    )
    values = drawn(source, N)
    assert set(np.unique(values)) == {0.0, 1.0}
    assert rate_is(values[:, 0], 0.25)
    assert rate_is(values[:, 1], 0.05)


def test_without_depth_features_are_independent() -> None:
    on = drawn(hierarchy(**tree(n_features=3, depth=0)), N) != 0
    assert rate_is(on.all(-1), 0.125)


@pytest.mark.slow
def test_densities_can_be_swept() -> None:
    def sample(density: jax.Array, child_density: jax.Array) -> jax.Array:
        source = hierarchy(**tree(density=density, child_density=child_density, exclusive=True))
        return draw(source, jax.random.key(0), 200).inputs

    densities, children = jnp.array([0.2, 1.0]), jnp.array([0.7, 0.3])
    swept = jax.jit(jax.vmap(sample))(densities, children)
    for values, density, child in zip(swept, densities, children, strict=True):
        np.testing.assert_allclose(values, sample(density, child), rtol=1e-6)


@pytest.mark.slow
@pytest.mark.usefixtures("x64")
def test_samples_are_float32_in_double_precision_too() -> None:
    drawn(hierarchy(**tree(exclusive=True, scale_by_parent=True)), 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"n_features": 13},
            "n_features=13: expected a multiple of the features of a tree, branching=2 and depth=2",
        ),
        (
            {"depth": 3},
            "n_features=14: expected a multiple of the features of a tree, branching=2 and depth=3",
        ),
        (
            {"depth": 2**31 - 1},
            "n_features=14: expected a multiple of the features of a tree, branching=2 and"
            " depth=2147483647",
        ),
        ({"branching": 0}, "branching=0: expected an integer in [1, 2147483647]"),
        ({"child_density": 0.0}, "child_density=0.0: expected a number in (0, 1]"),
        ({"exclusive": 1}, "exclusive=1: expected true or false"),
    ],
)
def test_bad_arguments_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        hierarchy(**tree(**changes))
    assert str(refusal.value) == message
