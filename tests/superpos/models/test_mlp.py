"""The perceptron against NumPy in float64; its symmetries; what it refuses."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from jax.test_util import check_grads

from superpos.arguments import ArgumentError
from superpos.gauge import candidates
from superpos.models import MlpParams, mlp
from superpos.models.inits import he
from superpos.types import Array, Batch, Model

N, H, K, BATCH = 4, 6, 3, 9
SIZES = [N, H, H, K]
RNG = np.random.default_rng(0)
WEIGHTS = [RNG.normal(size=pair) for pair in zip(SIZES[:-1], SIZES[1:], strict=True)]
BIASES = [RNG.normal(size=size) for size in SIZES[1:]]
X, TARGET = RNG.normal(size=(BATCH, N)), np.eye(K)[RNG.integers(K, size=BATCH)]


def model_of(**changes: Any) -> Model:
    arguments = {"n_features": N, "n_hidden": H, "n_outputs": K, "n_layers": 2} | changes
    return mlp(**arguments)


def params_of(bias: bool, dtype: Any = jnp.float32) -> MlpParams:
    weights, biases = (
        tuple(jnp.asarray(one, dtype) for one in arrays) for arrays in (WEIGHTS, BIASES)
    )
    return MlpParams(weights=weights, biases=biases if bias else ())


def batch_of(dtype: Any = jnp.float32) -> Batch:
    x = jnp.asarray(X, dtype)
    return Batch(inputs=x, targets=jnp.asarray(TARGET, dtype), factors=x)


def predicted(bias: bool) -> tuple[np.ndarray, np.ndarray]:
    """The last hidden layer and the outputs, by NumPy."""
    h = X
    for W, b in list(zip(WEIGHTS, BIASES, strict=True))[:-1]:
        h = np.maximum(h @ W + bias * b, 0)
    return h, h @ WEIGHTS[-1] + bias * BIASES[-1]


def loss_of(model: Model, params: MlpParams, batch: Batch) -> Array:
    return model.loss(params, (), batch, jax.random.key(0))[0]


@pytest.mark.parametrize("bias", [True, False])
def test_predictions_and_losses_agree_with_numpy(bias: bool) -> None:
    code, outputs = predicted(bias)
    found = jax.vmap(model_of(bias=bias).apply, (None, None, 0))(
        params_of(bias), (), jnp.float32(X)
    )
    np.testing.assert_allclose(found.code, code, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.recon, outputs, rtol=1e-5, atol=1e-5)
    entropy = -(TARGET * scipy.special.log_softmax(outputs, axis=-1)).sum(-1).mean()
    squared = ((outputs - TARGET) ** 2).sum(-1).mean()
    log_odds = scipy.special.log_expit(np.stack([outputs, -outputs]))
    binary = -(TARGET * log_odds[0] + (1 - TARGET) * log_odds[1]).sum(-1).mean()
    for error, expected in (
        ("cross_entropy", entropy),
        ("binary", binary),
        ("squared", squared),
    ):
        loss = loss_of(model_of(bias=bias, loss=error), params_of(bias), batch_of())
        assert (loss.shape, loss.dtype) == ((), jnp.float32)
        np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_without_hidden_layers_it_is_linear() -> None:
    model = model_of(n_layers=0, bias=True)
    W, b = RNG.normal(size=(N, K)), BIASES[-1]
    params = MlpParams(weights=(jnp.float32(W),), biases=(jnp.float32(b),))
    found = model.apply(params, (), jnp.float32(X[0]))
    np.testing.assert_allclose(found.recon, X[0] @ W + b, rtol=1e-5)
    np.testing.assert_array_equal(found.code, jnp.float32(X[0]))
    assert model.dims == {"weights.0": ("feature", "output"), "biases.0": ("output",)}


def test_outputs_may_have_no_bias_where_hidden_layers_have_one() -> None:
    model, params = model_of(bias=True, output_bias=False), params_of(bias=True)
    start = model.init(jax.random.key(0))[0]
    assert [b.shape for b in start.biases] == [(H,), (H,)]
    assert {name for name in model.dims if "biases" in name} == {"biases.0", "biases.1"}
    found = jax.vmap(model.apply, (None, None, 0))(
        params.replace(biases=params.biases[:2]), (), jnp.float32(X)
    )
    np.testing.assert_allclose(found.recon, predicted(True)[1] - BIASES[-1], rtol=1e-5, atol=1e-5)


@pytest.mark.slow
@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("error", ["cross_entropy", "binary", "squared"])
def test_gradients_agree_with_finite_differences(error: Any) -> None:
    model = model_of(bias=True, loss=error)

    def loss(weights: Any, biases: Any) -> Array:
        params = MlpParams(weights=weights, biases=biases)
        return loss_of(model, params, batch_of(jnp.float64))

    params = params_of(True, jnp.float64)
    check_grads(loss, (params.weights, params.biases), order=1, modes=["rev"])


@given(st.floats(0.01, 100), st.integers(0, 2))
def test_without_biases_a_scale_of_a_layer_is_one_of_the_outputs(scale: float, layer: int) -> None:
    with jax.enable_x64(True):
        model, params = model_of(), params_of(False, jnp.float64)
        weights = [W * (scale if at == layer else 1) for at, W in enumerate(params.weights)]
        x = jnp.asarray(X[0])
        after = model.apply(MlpParams(weights=tuple(weights)), (), x).recon
        np.testing.assert_allclose(after, scale * model.apply(params, (), x).recon, rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("bias", [True, False])
def test_its_symmetries_are_found_by_the_names_of_its_parameters(bias: bool) -> None:
    params, _ = model_of(bias=bias).init(jax.random.key(0))
    names = [group.name for group in candidates(params, params.weights[0].shape[0]).groups]
    assert names.count("unit rescaling") == names.count("unit permutation") == 2
    assert {"scale of layer 1", "scale of layer 2", "logit shift"} <= set(names)


@pytest.mark.slow
def test_initial_weights_are_independent_with_the_variance_of_he() -> None:
    sizes = {"n_features": 300, "n_hidden": 100, "n_outputs": 50}
    params, state = model_of(**sizes, bias=True, init=he(init_scale=2.0)).init(jax.random.key(0))
    assert state == ()
    assert [W.shape for W in params.weights] == [(300, 100), (100, 100), (100, 50)]
    for W in params.weights:
        std = 2 * np.sqrt(2 / len(W))
        assert scipy.stats.kstest(np.ravel(W), scipy.stats.norm(0, std).cdf).pvalue > 1e-5
    first, second = (np.ravel(W)[:5000] for W in params.weights[:2])
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.06
    assert [b.shape for b in params.biases] == [(100,), (100,), (50,)]
    assert not any(b.any() for b in params.biases)
    assert model_of(**sizes).init(jax.random.key(0))[0].biases == ()


def test_targets_of_another_width_are_refused_in_a_line() -> None:
    message = "n_outputs=5: expected the 3 of the targets"
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        params, _ = model_of(n_outputs=5).init(jax.random.key(0))
        loss_of(model_of(n_outputs=5), params, batch_of())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_layers": -1}, "n_layers=-1: expected an integer in [0, 2147483647]"),
        ({"loss": "hinge"}, "loss='hinge': expected one of cross_entropy, binary, squared"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        model_of(**arguments)
    assert str(refusal.value).startswith(message)
