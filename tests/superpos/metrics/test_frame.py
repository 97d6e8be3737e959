"""The frame operator against NumPy in float64 and polytopes made by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos.metrics import (
    block_spread,
    component_ranks,
    feature_dimensionality,
    frame_operator,
    frame_residual,
    frame_spectrum,
    gram_matrix,
    same_component,
    tegum_factors,
)
from tests.superpos.metrics.polytopes import FIGURES, LEVELS, direct_sum, padded, rotation

spectrum_of = jax.jit(frame_spectrum)
residual_of = jax.jit(frame_residual)
spread_of = jax.jit(block_spread)


def random_rows(seed: int, n: int = 7, m: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, m)).astype(np.float32)


def test_operator_and_gram_by_loops() -> None:
    W = random_rows(0)
    operator = sum(np.outer(row, row) for row in W.astype(float))
    gram = [[float(np.dot(a, b)) for b in W.astype(float)] for a in W.astype(float)]
    np.testing.assert_allclose(frame_operator(jnp.asarray(W)), operator, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gram_matrix(jnp.asarray(W)), gram, rtol=1e-5, atol=1e-6)


@given(seed=st.integers(0, 2**32 - 1), order=st.permutations(range(7)))
def test_spectrum_is_that_of_singular_values_and_an_invariant(seed: int, order: list[int]) -> None:
    W = random_rows(seed)
    expected = np.linalg.svd(W.astype(float))[1] ** 2
    changed = W[order] @ rotation(seed, 3).astype(np.float32)
    for each in (W, changed):
        np.testing.assert_allclose(spectrum_of(jnp.asarray(each)), expected, rtol=1e-4, atol=1e-5)
    residual = np.asarray(residual_of(jnp.asarray(W)))
    np.testing.assert_allclose(
        residual_of(jnp.asarray(changed)), residual[order], rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("name", LEVELS)
def test_a_tight_frame_has_one_eigenvalue(name: str) -> None:
    n, m = FIGURES[name].shape
    W = jnp.asarray(padded(FIGURES[name]))
    np.testing.assert_allclose(spectrum_of(W), [n / m] * m + [0] * (6 - m), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(residual_of(W), 0, atol=1e-5)
    np.testing.assert_allclose(spread_of(W, jnp.ones((12, 12), bool)), 0, atol=1e-5)


def test_spectrum_has_a_level_for_each_factor() -> None:
    W = direct_sum(FIGURES["digon"], FIGURES["triangle"], FIGURES["pentagon"])
    np.testing.assert_allclose(
        spectrum_of(jnp.asarray(W)), [2.5, 2.5, 2.0, 1.5, 1.5], rtol=1e-5, atol=1e-6
    )


def test_residual_of_a_feature_that_is_no_eigenvector() -> None:
    """F = diag(2, 1): (1, 1)/√2 goes to (2, 1)/√2, along it 3/2, across it 1/2."""
    W = jnp.array([[1.0, 0.0], [0.0, 0.0], [3**0.5 / 2, 0.5], [3**0.5 / 2, -0.5]])
    F = np.asarray(W).T @ np.asarray(W)
    unit = np.array([3**0.5 / 2, 0.5])
    along = unit @ F @ unit
    expected = np.linalg.norm(F @ unit - along * unit) / along
    assert expected > 0.3
    np.testing.assert_allclose(residual_of(W), [0, 0, expected, expected], atol=1e-6)


@pytest.mark.slow
@given(seed=st.integers(0, 2**32 - 1))
def test_the_frame_along_a_feature_is_its_norm_over_its_dimensionality(seed: int) -> None:
    W = random_rows(seed).astype(float)
    unit = W / np.linalg.norm(W, axis=1, keepdims=True)
    along = np.einsum("ih,hk,ik->i", unit, W.T @ W, unit)
    D = np.asarray(feature_dimensionality(jnp.asarray(W, jnp.float32)))
    np.testing.assert_allclose((W**2).sum(1) / D, along, rtol=1e-4)


@pytest.mark.slow
def test_spread_of_blocks() -> None:
    """A tight frame in one block, eigenvalues 1 and 4 in the other, and a zero row."""
    W = np.zeros((6, 4))
    W[:3, :2] = FIGURES["triangle"]
    W[3:5, 2:] = [[1.0, 0.0], [0.0, 2.0]]
    labels = jnp.array([0, 0, 0, 3, 3, 5])
    found = spread_of(jnp.asarray(W), same_component(labels))
    np.testing.assert_allclose(found, [0, 0, 0, 0.6, 0.6, 0], atol=1e-5)
    stacked = spread_of(jnp.asarray(np.stack([W, 3 * W])), jnp.stack([same_component(labels)] * 2))
    np.testing.assert_allclose(stacked, [found] * 2, atol=1e-5)


@pytest.mark.slow
def test_spread_of_all_factors_of_a_tegum_product_is_0() -> None:
    W = jnp.asarray(direct_sum(FIGURES["digon"], FIGURES["tetrahedron"], 2 * FIGURES["pentagon"]))
    blocks = same_component(tegum_factors(W, threshold=1e-3))
    np.testing.assert_allclose(spread_of(W, blocks), 0, atol=1e-5)
    assert float(spread_of(W, jnp.ones_like(blocks)).min()) > 0.4


@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_residual_spread_and_rank_do_not_depend_on_the_scale(scale: float) -> None:
    """Also where squares under- or overflow."""
    W = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    one = jnp.ones((5, 5), bool)
    scaled = jnp.asarray(W * np.float32(scale))
    np.testing.assert_allclose(residual_of(scaled), residual_of(W), rtol=1e-4)
    np.testing.assert_allclose(spread_of(scaled, one), spread_of(W, one), rtol=1e-4)
    np.testing.assert_array_equal(component_ranks(scaled, jnp.zeros(5, int)), 3)


def test_weights_that_are_no_numbers_are_no_tight_frame() -> None:
    W = jnp.asarray([[np.nan, 1.0], [1.0, 1.0]])
    assert np.isnan(spread_of(W, jnp.ones((2, 2), bool))).all()


def test_zero_weights_are_finite() -> None:
    W = jnp.zeros((3, 2))
    for value in (spectrum_of(W), residual_of(W), spread_of(W, jnp.ones((3, 3), bool))):
        np.testing.assert_array_equal(value, 0)
