"""The loss on one feature against quadrature on a fine grid, by hand, and against the model."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.elhage.decomposition.one_sparse import (
    interference_cost,
    one_sparse_loss,
    own_cost,
    truncated_loss,
    zero_loss,
)
from experiments.elhage.phase_change import theory
from superpos import data, models

N, M = 4, 2


def random_model(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, M)), 0.5 * rng.normal(size=N), rng.uniform(0.1, 2, N)


@given(seed=st.integers(0, 2**32 - 1))
def test_costs_are_integrals(seed: int) -> None:
    """Midpoints of a hundred thousand steps, the output by loops."""
    W, b, importance = random_model(seed)
    x = (np.arange(100_000) + 0.5) / 100_000
    own, other = own_cost(W, b, importance), interference_cost(W, b, importance)
    for i in range(N):
        for j in range(N):
            output = np.maximum(W[i] @ W[j] * x + b[j], 0)
            expected = importance[j] * np.mean(((i == j) * x - output) ** 2)
            found = own[i] if i == j else other[i, j]
            assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert np.all(np.diagonal(other) == 0)


def test_by_hand() -> None:
    """A digon with no bias: nothing is lost; at bias -1/2 what is below 1/2 is, and 1/2 above."""
    W, one = np.array([[1.0], [-1.0]]), np.ones(2)
    np.testing.assert_allclose(own_cost(W, np.zeros(2), one), 0, atol=1e-16)
    np.testing.assert_array_equal(interference_cost(W, np.zeros(2), one), 0)
    below = 1 / 24 + 1 / 8
    np.testing.assert_allclose(own_cost(W, np.full(2, -0.5), one), below, rtol=1e-12)
    np.testing.assert_allclose(own_cost(0 * W, np.zeros(2), one), 1 / 3, rtol=1e-12)
    aligned = interference_cost(np.abs(W), np.zeros(2), np.array([1.0, 3.0]))
    np.testing.assert_allclose(aligned, [[0, 1], [1 / 3, 0]], rtol=1e-12)
    assert zero_loss(np.array([-1.0, 0.5, 2.0]), [1.0, 2.0, 0.5]) == 2 * 0.25 + 0.5 * 4


@given(seed=st.integers(0, 2**32 - 1))
def test_negative_interference_is_free_without_a_positive_bias(seed: int) -> None:
    W, b, importance = random_model(seed)
    cost = interference_cost(W, -np.abs(b), importance)
    gram = W @ W.T
    assert np.all(cost[gram <= 0] == 0)
    assert np.all(cost >= 0)
    opposite = np.array([[1.0], [-1.0]])
    assert interference_cost(opposite, np.full(2, 0.1), np.ones(2))[0, 1] > 0


@given(seed=st.integers(0, 2**32 - 1))
def test_the_parts_of_low_order_are_the_exact_loss_up_to_squares_of_the_density(seed: int) -> None:
    W, b, importance = random_model(seed)
    for p in (1e-3, 1e-4):
        exact = theory.exact_loss(W, b, density=p, importance=importance)
        found = truncated_loss(W, b, density=p, importance=importance)
        largest = importance.sum() * (np.abs(W @ W.T).sum(1).max() + 2) ** 2
        assert 0 <= exact - found < 12 * p**2 * largest


def test_leading_dimensions() -> None:
    several = [random_model(seed) for seed in range(3)]
    W, b, importance = (np.stack(parts) for parts in zip(*several, strict=True))
    together = one_sparse_loss(W, b, importance)
    np.testing.assert_allclose(together, [one_sparse_loss(*each) for each in several], rtol=1e-12)
    shared = truncated_loss(W, b, density=[0.1, 0.2, 1.0], importance=np.ones(N))
    assert shared.shape == (3,)
    assert shared[2] == 0


def test_it_is_the_loss_of_the_model() -> None:
    W, b, importance = random_model(0)
    model = models.autoencoder(
        n_features=N, n_hidden=M, error=models.errors.squared(importance=importance.tolist())
    )
    params = models.AutoencoderParams(W=jnp.asarray(W, jnp.float32), b=jnp.asarray(b, jnp.float32))
    batch = data.draw(data.one_sparse(n_features=N, stratified=True), jax.random.key(0), N * 4096)
    loss, _ = model.loss(params, (), batch, jax.random.key(1))
    assert float(loss) == pytest.approx(float(one_sparse_loss(W, b, importance)), rel=1e-3)
