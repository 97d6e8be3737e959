"""Counts that are free of scale: closed forms, bounds, invariances, and zeros."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from superpos.metrics import (
    effective_features_per_dimension,
    feature_dimensionality,
    features_per_dimension,
    gram_dimensionality,
    participation,
    participation_ratio,
)

seeds = st.integers(0, 10**6)


def weights(seed: int, n: int = 5, m: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, m))


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([1.0, 1.0, 1.0, 1.0], 4.0),
        ([0.0, 3.0, 0.0, 3.0], 2.0),
        ([7.0, 0.0], 1.0),
        ([3.0, 1.0], 1.6),
        ([0.0, 0.0], 0.0),
        ([1e30, 1e30], 2.0),
        ([1e-30, 1e-30], 2.0),
    ],
)
def test_participation_by_hand(shares: list[float], expected: float) -> None:
    assert participation(jnp.float32(shares)) == pytest.approx(expected, rel=1e-6)


@given(seeds)
def test_participation_ratio_is_the_participation_of_eigenvalues(seed: int) -> None:
    with jax.enable_x64(True):
        K = weights(seed) @ weights(seed).T
        eigenvalues = np.linalg.eigvalsh(K)
        found = float(participation_ratio(jnp.asarray(K)))
        assert found == pytest.approx(eigenvalues.sum() ** 2 / (eigenvalues**2).sum(), rel=1e-10)
        assert 1 - 1e-12 <= found <= 3 + 1e-12  # its rank


@pytest.mark.slow
@given(seeds, st.floats(1e-3, 1e3))
def test_counts_are_free_of_scale_and_rotation(seed: int, scale: float) -> None:
    with jax.enable_x64(True):
        W = weights(seed)
        moved = scale * W @ scipy.stats.ortho_group.rvs(3, random_state=seed)
        for of in (
            lambda W: participation_ratio(W @ W.T),
            lambda W: gram_dimensionality(W @ W.T),
            effective_features_per_dimension,
        ):
            np.testing.assert_allclose(of(jnp.asarray(moved)), of(jnp.asarray(W)), rtol=1e-9)


@pytest.mark.slow
@given(seeds)
def test_gram_dimensionality_is_that_of_the_features(seed: int) -> None:
    with jax.enable_x64(True):
        W = jnp.asarray(weights(seed))
        np.testing.assert_allclose(gram_dimensionality(W @ W.T), feature_dimensionality(W))


def test_effective_features_count_those_that_are_alike() -> None:
    """A pentagon with a feature that is not there: 5 in 2 dimensions, as features per dimension."""
    angles = 2 * np.pi * np.arange(5) / 5
    W = np.vstack([np.stack([np.cos(angles), np.sin(angles)], axis=1), np.zeros((1, 2))])
    assert effective_features_per_dimension(jnp.float32(W)) == pytest.approx(2.5, rel=1e-6)
    assert features_per_dimension(jnp.float32(W)) == pytest.approx(2.5, rel=1e-6)
    assert effective_features_per_dimension(jnp.float32(3 * W)) == pytest.approx(2.5, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "of", [participation_ratio, gram_dimensionality, effective_features_per_dimension]
)
def test_zeros_and_leading_dimensions(of: Callable[[jax.Array], jax.Array]) -> None:
    K = jnp.stack([jnp.zeros((3, 3)), jnp.eye(3), jnp.diag(jnp.array([4.0, 0.0, 0.0]))])
    found = jax.jit(of)(K)
    assert np.isfinite(found).all()
    assert not np.any(found[0])
    for one, value in zip(K, found, strict=True):
        np.testing.assert_allclose(of(one), value, rtol=1e-6)
