"""The weighted squared error against NumPy in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from superpos.losses import weighted_squared_error


def random_arguments(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A reconstruction, a target and importances, float64 (n,) each."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=n), rng.uniform(size=n), rng.uniform(0.1, 2.0, size=n)


def test_a_value_by_hand() -> None:
    """1 * (3 - 1)² + 0.5 * (0 - 2)² + 0 * 100² = 6."""
    recon, target = jnp.array([1.0, 2.0, 0.0]), jnp.array([3.0, 0.0, 100.0])
    loss = weighted_squared_error(recon, target, jnp.array([1.0, 0.5, 0.0]))
    assert loss.shape == ()
    assert loss == 6.0


@pytest.mark.parametrize("n", [1, 5, 200])
def test_values_agree_with_numpy(n: int) -> None:
    recon, target, importance = random_arguments(n, seed=n)
    expected = sum(w * (t - r) ** 2 for r, t, w in zip(recon, target, importance, strict=True))
    for dtype, rtol in ((jnp.float32, 1e-5), (jnp.float64, 1e-13)):
        with jax.enable_x64(dtype == jnp.float64):
            arrays = [jnp.asarray(x, dtype) for x in (recon, target, importance)]
            loss = weighted_squared_error(*arrays)
            assert loss.dtype == dtype
            np.testing.assert_allclose(loss, expected, rtol=rtol)


@pytest.mark.usefixtures("x64")
def test_gradients_are_closed_forms() -> None:
    recon, target, importance = random_arguments(6, seed=0)
    compiled = jax.jit(weighted_squared_error)
    grads = jax.grad(compiled, argnums=(0, 1, 2))(recon, target, importance)
    np.testing.assert_allclose(grads[0], 2 * importance * (recon - target), rtol=1e-13)
    np.testing.assert_allclose(grads[1], 2 * importance * (target - recon), rtol=1e-13)
    np.testing.assert_allclose(grads[2], (target - recon) ** 2, rtol=1e-13)
    check_grads(compiled, (recon, target, importance), order=2)


def test_it_is_zero_exactly_at_the_target() -> None:
    target = jnp.array([0.1, 0.7])
    assert weighted_squared_error(target, target, jnp.ones(2)) == 0
    assert weighted_squared_error(target + 1e-3, target, jnp.ones(2)) > 0


def test_it_mixes_no_dtypes() -> None:
    with jax.numpy_dtype_promotion("strict"):
        weighted_squared_error(jnp.ones(2), jnp.zeros(2), jnp.ones(2))


@pytest.mark.parametrize("shapes", [(3, 2, 3), (3, 3, 2), (2, 3, 3), (3, 1, 3), (3, 3, 1)])
def test_different_lengths_are_refused(shapes: tuple[int, int, int]) -> None:
    with pytest.raises(AssertionError):
        weighted_squared_error(*(jnp.ones(n) for n in shapes))


def test_a_scalar_importance_or_a_batch_is_refused() -> None:
    with pytest.raises(AssertionError):
        weighted_squared_error(jnp.ones(3), jnp.ones(3), jnp.float32(1.0))
    with pytest.raises(AssertionError):
        weighted_squared_error(jnp.ones((2, 3)), jnp.ones((2, 3)), jnp.ones(3))
