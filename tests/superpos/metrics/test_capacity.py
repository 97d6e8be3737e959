"""Capacity against its own definition, C_i = (W_i·W_i)² / Σ_j (W_i·W_j)², in NumPy float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos.metrics import capacity

compiled = jax.jit(capacity)


def definition(W: np.ndarray) -> np.ndarray:
    gram = W @ W.T
    total = (gram**2).sum(axis=1)
    return np.divide(np.diag(gram) ** 2, total, out=np.zeros(len(W)), where=total > 0)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (np.eye(3), [1, 1, 1]),
        ([[1.0], [1.0]], [1 / 2, 1 / 2]),
        ([[1.0], [-3.0]], [1 / 10, 9 / 10]),
        ([[1.0, 0], [0, 0], [0, 2]], [1, 0, 1]),
        ([[1.0, 0], [1, 1]], [1 / 2, 4 / 5]),
    ],
    ids=["orthogonal", "shared", "1 to 3", "zero row", "45 degrees"],
)
def test_values_by_hand(rows: list, expected: list[float]) -> None:
    np.testing.assert_allclose(compiled(jnp.asarray(rows)), expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(6, 2), (2, 6), (20, 20)])
def test_values_agree_with_the_definition(shape: tuple[int, int]) -> None:
    W = np.random.default_rng(0).normal(size=shape)
    W[0] = 0
    np.testing.assert_allclose(compiled(jnp.asarray(W, jnp.float32)), definition(W), rtol=1e-4)
    with jax.enable_x64(True):
        np.testing.assert_allclose(compiled(W), definition(W), rtol=1e-12)


@pytest.mark.slow
@given(st.integers(0, 2**32 - 1), st.sampled_from([(2, 4), (4, 4), (7, 3)]))
def test_the_capacities_share_out_the_rank(seed: int, shape: tuple[int, int]) -> None:
    """Σ C_i <= rank W; orthogonal features use it up."""
    rng = np.random.default_rng(seed)
    W = rng.normal(size=shape) * rng.uniform(0.1, 3.0, size=(shape[0], 1))
    with jax.enable_x64(True):
        C = np.asarray(compiled(W))
        assert (C > 0).all()
        assert (C <= 1).all()
        assert C.sum() <= min(shape) + 1e-9
        orthogonal, _ = np.linalg.qr(W.T)
        np.testing.assert_allclose(compiled(orthogonal.T).sum(), min(shape), rtol=1e-9)


@pytest.mark.parametrize("lead", [(3,), (2, 3)])
def test_leading_dimensions_are_a_batch(lead: tuple[int, ...]) -> None:
    W = np.random.default_rng(1).normal(size=(*lead, 5, 2))
    batched = np.asarray(compiled(jnp.asarray(W)))
    assert batched.shape == (*lead, 5)
    for index in np.ndindex(lead):
        np.testing.assert_allclose(batched[index], definition(W[index]), rtol=1e-4)


@pytest.mark.parametrize("scale", [1e-25, 1e15])
def test_values_and_gradients_are_finite_at_any_scale_and_at_zero(scale: float) -> None:
    W = np.random.default_rng(2).normal(size=(5, 2))
    W[2] = 0
    scaled = jnp.asarray(W * scale, jnp.float32)
    np.testing.assert_allclose(compiled(scaled), definition(W), rtol=1e-4)
    gradient = jax.jit(jax.grad(lambda W: capacity(W).sum()))
    assert np.isfinite(gradient(scaled)).all()
    assert np.isfinite(gradient(jnp.zeros((5, 2)))).all()


@pytest.mark.parametrize("scale", [1e-6, 1e-12, 1e-20, 1e-30])
def test_the_gradient_is_finite_beside_small_rows_and_zero_ones(scale: float) -> None:
    """Of a row w that vanishes it is 2 w / Σ_j (ŵ·W_j)², by the definition."""
    W = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    small = W[3] * np.float32(scale)
    W[0], W[3] = 0, small
    found = np.asarray(jax.grad(lambda W: capacity(W)[3])(jnp.asarray(W)))
    assert np.isfinite(found).all()
    unit = small.astype(float) / np.linalg.norm(small.astype(float))
    along = 2 * np.linalg.norm(small.astype(float)) / np.square(W[1:3].astype(float) @ unit).sum()
    assert found[3] @ unit == pytest.approx(along, rel=1e-2, abs=1e-9)
