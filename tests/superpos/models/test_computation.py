"""The untied model against NumPy in float64, and at the solution that is known."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy
from jax.test_util import check_grads

from superpos.arguments import ArgumentError
from superpos.models import ComputationParams, computation
from superpos.models.errors import power, squared
from superpos.types import Array, Batch, Model

N, M, BATCH = 4, 6, 9
RNG = np.random.default_rng(0)
W_IN, W_OUT, B = RNG.normal(size=(N, M)), RNG.normal(size=(N, M)), 0.3 * RNG.normal(size=N)
X, TARGET = RNG.uniform(-1, 1, size=(BATCH, N)), RNG.uniform(-1, 1, size=(BATCH, N))

ACTIVATIONS: dict[str, Any] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: x * (1 + scipy.special.erf(x / np.sqrt(2))) / 2,
    "solu": lambda x: x * np.exp(x) / np.exp(x).sum(-1, keepdims=True),
}


def params_of(dtype: Any = jnp.float32) -> ComputationParams:
    W_in, W_out, b = (jnp.asarray(array, dtype) for array in (W_IN, W_OUT, B))
    return ComputationParams(W_in=W_in, W_out=W_out, b=b)


def batch_of(inputs: np.ndarray, targets: np.ndarray, dtype: Any = jnp.float32) -> Batch:
    x, y = jnp.asarray(inputs, dtype), jnp.asarray(targets, dtype)
    return Batch(inputs=x, targets=y, factors=x)


def loss_of(model: Model, params: ComputationParams, batch: Batch) -> Array:
    return model.loss(params, (), batch, jax.random.key(0))[0]


def predicted(activation: str, hidden: str, bias: bool) -> np.ndarray:
    code = ACTIVATIONS[hidden](X @ W_IN)
    return ACTIVATIONS[activation](code @ W_OUT.T + (B if bias else 0))


@pytest.mark.slow
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("activation", "hidden"),
    [("relu", "relu"), ("linear", "gelu"), ("gelu", "solu"), ("linear", "linear")],
)
def test_predictions_and_loss_agree_with_numpy(activation: Any, hidden: Any, bias: bool) -> None:
    model = computation(
        n_features=N,
        n_hidden=M,
        activation=activation,
        hidden_activation=hidden,
        bias=bias,
        importance_decay=0.8,
        error=power(loss_exponent=3.0, importance_power=0.5),
    )
    importance = 0.8 ** np.arange(N) * np.arange(1, N + 1) ** -0.5
    expected = (np.abs(TARGET - predicted(activation, hidden, bias)) ** 3 @ importance).mean()
    loss = loss_of(model, params_of(), batch_of(X, TARGET))
    assert (loss.shape, loss.dtype) == ((), jnp.float32)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    output = model.apply(params_of(), (), jnp.float32(X[0]))
    np.testing.assert_allclose(output.code, ACTIVATIONS[hidden](X[0] @ W_IN), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        output.recon, predicted(activation, hidden, bias)[0], rtol=1e-5, atol=1e-6
    )


def test_the_default_is_the_model_of_the_paper() -> None:
    loss = loss_of(computation(n_features=N, n_hidden=M), params_of(), batch_of(X, TARGET))
    expected = ((TARGET - predicted("relu", "relu", bias=True)) ** 2).sum(-1).mean()
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    summed = computation(n_features=N, n_hidden=M, error=squared(reduction="sum"))
    np.testing.assert_allclose(
        loss_of(summed, params_of(), batch_of(X, TARGET)), BATCH * expected, rtol=1e-5
    )


@pytest.mark.slow
@pytest.mark.usefixtures("x64")
def test_gradients_agree_with_finite_differences() -> None:
    model = computation(n_features=N, n_hidden=M, importance_decay=0.5)
    batch = batch_of(X, TARGET, jnp.float64)

    def loss(W_in: Array, W_out: Array, b: Array) -> Array:
        return loss_of(model, ComputationParams(W_in=W_in, W_out=W_out, b=b), batch)

    params = params_of(jnp.float64)
    check_grads(loss, (params.W_in, params.W_out, params.b), order=1, modes=["rev"])


@pytest.mark.slow
def test_two_neurons_a_feature_compute_the_absolute_value() -> None:
    """|x| = ReLU(x) + ReLU(-x), whatever the scale that one matrix gives and the other takes."""
    n, scale = 3, np.array([1.0, 2.0, 0.25])
    W_in = np.concatenate([np.diag(scale), np.diag(-scale)], axis=1)
    W_out = np.concatenate([np.diag(1 / scale)] * 2, axis=1)
    params = ComputationParams(
        W_in=jnp.float32(W_in), W_out=jnp.float32(W_out), b=jnp.zeros(n, jnp.float32)
    )
    model = computation(n_features=n, n_hidden=2 * n)
    loss = loss_of(model, params, batch_of(X[:, :n], np.abs(X[:, :n])))
    assert 0 <= loss < 1e-12


@pytest.mark.parametrize("width", [N - 1, N + 1])
def test_another_width_is_refused(width: int) -> None:
    model = computation(n_features=N, n_hidden=M)
    with pytest.raises(AssertionError):
        loss_of(model, params_of(), batch_of(np.zeros((2, N)), np.zeros((2, width))))
    with pytest.raises(AssertionError):
        model.apply(params_of(), (), jnp.zeros(width))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_hidden": 0}, "n_hidden=0: expected an integer in [1, 2147483647]"),
        (
            {"error": squared(importance=[1.0])},
            "error.importance has 1 values: expected n_features=4",
        ),
        ({"activation": "solu"}, "activation='solu': expected one of relu, linear, gelu"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        computation(**({"n_features": N, "n_hidden": M} | arguments))
    assert str(refusal.value).startswith(message)
