"""A map between few dimensions, against NumPy in float64 and the linear student."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.models import BottleneckParams, MlpParams, bottleneck, mlp
from superpos.types import Batch

N, K, BATCH = 5, 3, 7
RNG = np.random.default_rng(0)
W, B, BIAS = RNG.normal(size=(N, K)), RNG.normal(size=(K, K)), RNG.normal(size=N)
X, TARGET = RNG.uniform(-1, 1, size=(BATCH, N)), RNG.uniform(-1, 1, size=(BATCH, N))
BATCH_OF = Batch(inputs=jnp.float32(X), targets=jnp.float32(TARGET), factors=jnp.float32(X))
PARAMS = BottleneckParams(W=jnp.float32(W), B=jnp.float32(B), b=jnp.float32(BIAS))


def loss_and_gradient(params: Any, model: Any) -> tuple[Any, Any]:
    value = jax.value_and_grad(lambda each: model.loss(each, (), BATCH_OF, jax.random.key(0))[0])
    return value(params)


@pytest.mark.parametrize(("activation", "bias"), [("relu", True), ("linear", False)])
def test_predictions_and_loss_agree_with_numpy(activation: Any, bias: bool) -> None:
    model = bottleneck(n_features=N, n_hidden=K, activation=activation, bias=bias)
    mapped = X @ W @ B.T @ W.T + (BIAS if bias else 0)
    expected = np.maximum(mapped, 0) if activation == "relu" else mapped
    loss, _ = loss_and_gradient(PARAMS, model)
    assert (loss.shape, loss.dtype) == ((), jnp.float32)
    np.testing.assert_allclose(loss, np.square(TARGET - expected).sum(1).mean(), rtol=1e-5)
    output = model.apply(PARAMS, (), jnp.float32(X[0]))
    np.testing.assert_allclose(output.code, B @ W.T @ X[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(output.recon, expected[0], rtol=1e-5, atol=1e-6)


def test_the_gradient_of_the_map_is_that_of_the_formula_and_the_embedding_has_none() -> None:
    """dL/dB = 2 Wᵀ (y' - y) (Wᵀ x)ᵀ, mean over the batch, of the linear map without a bias."""
    model = bottleneck(
        n_features=N, n_hidden=K, activation="linear", bias=False, train_embedding=False
    )
    _, gradient = loss_and_gradient(PARAMS, model)
    error = X @ W @ B.T @ W.T - TARGET
    np.testing.assert_allclose(gradient.B, 2 * W.T @ error.T @ X @ W / BATCH, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(gradient.W, 0)
    np.testing.assert_array_equal(gradient.b, 0)


def test_a_trained_embedding_has_a_gradient_of_reading_and_writing() -> None:
    """dL/dW = 2 e (B Wᵀ x)ᵀ + 2 x (Bᵀ Wᵀ e)ᵀ with e = y' - y, mean over the batch."""
    model = bottleneck(n_features=N, n_hidden=K, activation="linear", bias=False)
    _, gradient = loss_and_gradient(PARAMS, model)
    error = X @ W @ B.T @ W.T - TARGET
    expected = 2 * (error.T @ X @ W @ B.T + X.T @ error @ W @ B) / BATCH
    np.testing.assert_allclose(gradient.W, expected, rtol=1e-4, atol=1e-5)


def test_orthogonal_directions_of_all_features_make_the_linear_student() -> None:
    """With W = I it is y' = B x: the loss and its gradient are those of a layer without a bias."""
    student = mlp(n_features=N, n_hidden=1, n_outputs=N, n_layers=0, loss="squared")
    full = RNG.normal(size=(N, N))
    whole = BottleneckParams(W=jnp.eye(N), B=jnp.float32(full), b=jnp.zeros(N))
    model = bottleneck(n_features=N, n_hidden=N, activation="linear", bias=False)
    loss, gradient = loss_and_gradient(whole, model)
    other, other_gradient = loss_and_gradient(MlpParams(weights=(jnp.float32(full.T),)), student)
    np.testing.assert_allclose(loss, other, rtol=1e-5)
    np.testing.assert_allclose(gradient.B.T, other_gradient.weights[0], rtol=1e-4, atol=1e-5)


def test_it_starts_with_unit_rows_and_a_small_map() -> None:
    model = bottleneck(n_features=200, n_hidden=50, init_scale=0.1)
    params, state = model.init(jax.random.key(0))
    assert state == ()
    np.testing.assert_allclose(np.linalg.norm(params.W, axis=1), 1, rtol=1e-5)
    # 2,500 normal entries: their standard deviation is known to 1.4 %
    np.testing.assert_allclose(np.std(params.B), 0.1 / np.sqrt(50), rtol=0.06)
    cosines = np.asarray(params.W @ params.W.T)[np.triu_indices(200, 1)]
    np.testing.assert_allclose(np.square(cosines).mean(), 1 / 50, rtol=0.05)
    np.testing.assert_array_equal(params.b, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_hidden": 0}, "n_hidden=0: expected an integer in [1, 2147483647]"),
        ({"init_scale": 0.0}, "init_scale=0.0: expected a number in (0, inf)"),
        ({"activation": "solu"}, "activation='solu': expected one of relu, linear, gelu"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        bottleneck(**({"n_features": N, "n_hidden": K} | arguments))
    assert str(refusal.value).startswith(message)
