"""The weighted squared error against NumPy in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from superpos.losses import weighted_squared_error
from superpos.losses.reconstruction import weighted_power_error


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


@pytest.mark.slow
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


def test_a_scalar_importance_is_refused() -> None:
    with pytest.raises(AssertionError):
        weighted_squared_error(jnp.ones(3), jnp.ones(3), jnp.float32(1.0))


def random_batch(n: int, batch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reconstructions and targets with their features leading, and importances, float64."""
    rng = np.random.default_rng([n, batch])
    return rng.normal(size=(n, batch)), rng.uniform(size=(n, batch)), rng.uniform(0.1, 2.0, size=n)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(("n", "batch"), [(1, 1), (3, 1), (1, 4), (3, 3), (5, 64)])
def test_that_of_a_batch_is_the_mean_of_those_of_its_examples(n: int, batch: int) -> None:
    recon, target, importance = random_batch(n, batch)
    compiled = jax.jit(weighted_squared_error)
    loss, grads = jax.value_and_grad(compiled, argnums=(0, 1, 2))(recon, target, importance)
    one_by_one = [(importance * (target[:, k] - recon[:, k]) ** 2).sum() for k in range(batch)]
    assert loss.shape == ()
    np.testing.assert_allclose(loss, np.mean(one_by_one), rtol=1e-13)
    alone = [compiled(recon[:, k], target[:, k], importance) for k in range(batch)]
    np.testing.assert_allclose(alone, one_by_one, rtol=1e-13)
    slope = 2 * importance[:, None] * (recon - target) / batch
    np.testing.assert_allclose(grads[0], slope, rtol=1e-13)
    np.testing.assert_allclose(grads[1], -slope, rtol=1e-13)
    np.testing.assert_allclose(grads[2], ((target - recon) ** 2).mean(1), rtol=1e-13)


@pytest.mark.parametrize(
    "shapes",
    [
        ((3, 4), (4, 3), (3,)),
        ((4, 3), (4, 3), (3,)),  # the batch leads
        ((3, 4), (3, 1), (3,)),
        ((3, 4), (3,), (3,)),
        ((3, 4), (3, 4), (3, 1)),
        ((3, 4), (3, 4), (1,)),
        ((2, 3, 4), (2, 3, 4), (2,)),
    ],
    ids=str,
)
def test_a_batch_of_another_shape_is_refused(shapes: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(AssertionError):
        weighted_squared_error(*(jnp.ones(shape) for shape in shapes))


def test_errors_to_a_power_are_of_one_shape_too() -> None:
    for wrong in (jnp.zeros((3, 1)), jnp.zeros(4)):
        with pytest.raises(AssertionError):
            weighted_power_error(jnp.zeros(3), wrong, jnp.ones(3), 2.0)
    with pytest.raises(AssertionError):
        weighted_power_error(jnp.zeros((3, 2)), jnp.zeros((3, 2)), jnp.ones(2), 2.0)
