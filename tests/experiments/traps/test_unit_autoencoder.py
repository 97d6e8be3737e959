"""The autoencoder whose features have unit length, beside NumPy in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.traps.unit_autoencoder import UnitParams, unit_autoencoder
from superpos.types import Batch

W = np.array([[1.0, 0.2, 0.5], [0.3, -1.1, 2.0], [0.5, 0.4, 0.1], [-2.0, 0.3, 0.7]])
X = np.array([[0.5, 0.0, -1.2, 0.0], [0.0, 2.0, 0.3, 0.0], [1.0, 0.0, 0.0, 0.7]])


def loss_of(W: np.ndarray, **arguments: float) -> jax.Array:
    model = unit_autoencoder(n_features=4, n_hidden=W.shape[1], **arguments)  # pyright: ignore[reportArgumentType]
    x = jnp.asarray(X, jnp.float32)
    batch = Batch(inputs=x, targets=x, factors=x)
    return model.loss(params_of(W), (), batch, jax.random.key(0))[0]


def params_of(W: np.ndarray) -> UnitParams:
    return UnitParams(W=jnp.asarray(W, jnp.float32))


def test_the_loss_counts_features_that_are_on() -> None:
    V = W / np.linalg.norm(W, axis=1, keepdims=True)
    errors = (X @ V @ V.T - X) * (X != 0)
    np.testing.assert_allclose(loss_of(W), np.square(errors).sum(1).mean(), rtol=1e-5)


def test_only_directions_count() -> None:
    scales = np.array([[0.1], [3.0], [1.0], [20.0]])
    np.testing.assert_allclose(loss_of(scales * W), loss_of(W), rtol=1e-5)


def test_a_part_in_use_is_the_smaller_model() -> None:
    np.testing.assert_allclose(loss_of(W, width=2.0), loss_of(W[:, :2]), rtol=1e-6)


def test_one_example_is_encoded_and_decoded_by_directions() -> None:
    V = W / np.linalg.norm(W, axis=1, keepdims=True)
    output = unit_autoencoder(n_features=4, n_hidden=3).apply(
        params_of(W), (), jnp.asarray(X[0], jnp.float32)
    )
    np.testing.assert_allclose(output.code, X[0] @ V, rtol=1e-5)
    np.testing.assert_allclose(output.recon, X[0] @ V @ V.T, rtol=1e-5)


@pytest.mark.parametrize("width", [2.0, 3.0])
def test_it_starts_with_features_in_the_dimensions_in_use(width: float) -> None:
    model = unit_autoencoder(n_features=4, n_hidden=3, width=width)
    params, _ = model.init(jax.random.key(0))
    assert (np.asarray(params.W[:, int(width) :]) == 0).all()
    assert (np.asarray(params.W[:, : int(width)]) != 0).all()
