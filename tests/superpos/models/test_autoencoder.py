"""The tied autoencoder against NumPy in float64, and at its known optimum."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy
from jax.test_util import check_grads

from superpos.arguments import ArgumentError
from superpos.models import AutoencoderParams, autoencoder
from superpos.models.errors import squared
from superpos.models.inits import glorot
from superpos.types import Batch, Model

N, M, BATCH = 5, 2, 8
DECAY, IMPORTANCE = 0.8, (1.0, 0.0, 2.0, 0.5, 3.0)


def random_params(seed: int, n: int = N, m: int = M) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, m)), 0.3 * rng.normal(size=n)


def random_inputs(seed: int, n: int = N) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(BATCH, n))


def batch_of(inputs: np.ndarray, targets: np.ndarray | None = None) -> Batch:
    targets = inputs if targets is None else targets
    return Batch(
        inputs=jnp.asarray(inputs), targets=jnp.asarray(targets), factors=jnp.asarray(inputs)
    )


def loss_of(model: Model, W: Any, b: Any, batch: Batch) -> jax.Array:
    params = AutoencoderParams(W=jnp.asarray(W), b=jnp.asarray(b))
    return model.loss(params, (), batch, jax.random.key(0))[0]


def numpy_loss(
    W: np.ndarray,
    b: np.ndarray,
    inputs: np.ndarray,
    targets: np.ndarray,
    importance: np.ndarray,
    activation: str,
) -> float:
    """The loss in float64, one example and one feature at a time."""
    total = 0.0
    for x, target in zip(inputs, targets, strict=True):
        pre = W @ (W.T @ x) + b
        recon = np.maximum(pre, 0) if activation == "relu" else pre
        total += sum(importance[i] * (target[i] - recon[i]) ** 2 for i in range(len(x)))
    return total / len(inputs)


@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_the_code_and_the_reconstruction_agree_with_numpy(activation: str) -> None:
    W, b = random_params(0)
    x = random_inputs(1)[0]
    model = autoencoder(n_features=N, n_hidden=M, activation=activation)
    output = model.apply(AutoencoderParams(W=jnp.asarray(W), b=jnp.asarray(b)), (), jnp.asarray(x))
    pre = W @ W.T @ x + b
    assert (pre < 0).any()
    np.testing.assert_allclose(output.code, W.T @ x, rtol=1e-5)
    expected = np.maximum(pre, 0) if activation == "relu" else pre
    np.testing.assert_allclose(output.recon, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("activation", ["relu", "linear"])
@pytest.mark.parametrize(
    ("arguments", "importance"),
    [
        ({}, [1.0] * N),
        ({"importance_decay": DECAY}, [DECAY**i for i in range(N)]),
        ({"importance_decay": 1.5}, [1.5**i for i in range(N)]),
        ({"error": squared(importance=IMPORTANCE)}, IMPORTANCE),
        (
            {"error": squared(importance=list(IMPORTANCE)), "importance_decay": DECAY},
            [w * DECAY**i for i, w in enumerate(IMPORTANCE)],
        ),
    ],
    ids=["plain", "decay", "growth", "importance", "both"],
)
def test_the_loss_agrees_with_numpy(activation: str, arguments: dict, importance: Any) -> None:
    W, b = random_params(2)
    inputs, targets = random_inputs(3), random_inputs(4)
    model = autoencoder(n_features=N, n_hidden=M, activation=activation, **arguments)
    loss = loss_of(model, W, b, batch_of(inputs, targets))
    expected = numpy_loss(W, b, inputs, targets, np.asarray(importance), activation)
    assert loss.shape == ()
    assert loss.dtype == jnp.float32
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_the_default_activation_is_relu() -> None:
    W, b = random_params(2)
    inputs = random_inputs(3)
    loss = loss_of(autoencoder(n_features=N, n_hidden=M), W, b, batch_of(inputs))
    expected = numpy_loss(W, b, inputs, inputs, np.ones(N), "relu")
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_the_loss_passes_the_state_on_and_measures_nothing() -> None:
    model = autoencoder(n_features=N, n_hidden=M)
    params, state = model.init(jax.random.key(0))
    _, (new_state, measured) = model.loss(
        params, state, batch_of(random_inputs(0)), jax.random.key(1)
    )
    assert state == new_state == ()
    assert measured == {}


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_gradients_agree_with_finite_differences(activation: str) -> None:
    """Central differences of the NumPy loss; no unit is within a step of its kink."""
    W, b = random_params(5)
    inputs = random_inputs(6)
    model = autoencoder(
        n_features=N,
        n_hidden=M,
        activation=activation,
        importance_decay=0.5,
        error=squared(importance=IMPORTANCE),
    )
    importance = np.asarray(IMPORTANCE) * 0.5 ** np.arange(N)
    step = 1e-6
    assert np.abs(inputs @ W @ W.T + b).min() > 100 * step

    def numeric(flat: np.ndarray) -> float:
        params = flat[: N * M].reshape(N, M), flat[N * M :]
        return numpy_loss(*params, inputs, inputs, importance, activation)

    flat = np.concatenate([W.ravel(), b])
    expected = np.array(
        [
            (numeric(flat + step * e) - numeric(flat - step * e)) / (2 * step)
            for e in np.eye(len(flat))
        ]
    )
    compiled = jax.jit(lambda W, b: loss_of(model, W, b, batch_of(inputs)))
    grads = jax.grad(compiled, argnums=(0, 1))(W, b)
    actual = np.concatenate([np.asarray(grads[0]).ravel(), np.asarray(grads[1])])
    np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-8)
    check_grads(compiled, (W, b), order=1)


def test_the_initial_weights_are_normal_and_the_biases_0() -> None:
    n, m = 300, 100
    params, state = autoencoder(n_features=n, n_hidden=m).init(jax.random.key(0))
    std = np.sqrt(2 / (n + m))
    assert state == ()
    assert params.W.shape == (n, m)
    assert params.b.shape == (n,)
    assert params.W.dtype == params.b.dtype == jnp.float32
    assert not params.b.any()
    assert scipy.stats.kstest(np.ravel(params.W), scipy.stats.norm(0, std).cdf).pvalue > 1e-5
    five_sigma = 5 / np.sqrt(2 * n * m)
    np.testing.assert_allclose(np.std(params.W), std, rtol=five_sigma)


def test_the_initial_weights_are_a_function_of_the_key() -> None:
    model = autoencoder(n_features=N, n_hidden=M)
    first, again, other = (model.init(jax.random.key(seed))[0].W for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (np.asarray(first) != np.asarray(other)).all()


@pytest.mark.parametrize("shape", [(N + 1,), (N - 1,), (1, N), ()])
def test_an_input_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    model = autoencoder(n_features=N, n_hidden=M)
    params, state = model.init(jax.random.key(0))
    with pytest.raises(AssertionError):
        model.apply(params, state, jnp.zeros(shape))


@pytest.mark.parametrize(("width_in", "width_out"), [(N + 1, N + 1), (N, N + 1), (N, 1), (1, N)])
def test_a_batch_of_another_width_is_refused(width_in: int, width_out: int) -> None:
    model = autoencoder(n_features=N, n_hidden=M)
    batch = batch_of(np.zeros((BATCH, width_in)), np.zeros((BATCH, width_out)))
    with pytest.raises(AssertionError):
        loss_of(model, *random_params(0), batch)


INTEGER, POSITIVE = "expected an integer in [1, 2147483647]", "expected a number in (0, inf)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_features": 0}, f"n_features=0: {INTEGER}"),
        ({"n_hidden": 2.0}, f"n_hidden=2.0: {INTEGER}"),
        ({"n_hidden": True}, f"n_hidden=True: {INTEGER}"),
        ({"importance_decay": 0}, f"importance_decay=0: {POSITIVE}"),
        ({"importance_decay": -0.5}, f"importance_decay=-0.5: {POSITIVE}"),
        ({"importance_decay": float("nan")}, f"importance_decay=nan: {POSITIVE}"),
        (
            {"importance_decay": 1e10},
            "importance_decay=10000000000.0: expected importance_decay**(n_features - 1) "
            "within float32; it is 1e40",
        ),
        (
            {"error": squared(importance=[1, 2])},
            "error.importance has 2 values: expected n_features=5",
        ),
        (
            {"error": squared(importance=[1] * 6)},
            "error.importance has 6 values: expected n_features=5",
        ),
        (
            {"error": squared(importance=[0] * 5)},
            "error.importance: all zero, expected at least one number > 0",
        ),
        (
            {"activation": "Relu"},
            "activation='Relu': expected one of relu, linear, gelu; did you mean relu?",
        ),
        ({"activation": "tanh"}, "activation='tanh': expected one of relu, linear, gelu"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        autoencoder(**({"n_features": N, "n_hidden": M} | arguments))
    assert str(refusal.value) == message


def test_the_largest_importances_allowed_are_finite() -> None:
    """10**(4 * 9.6) = 2.5e38 is within float32, 10**(4 * 9.7) is not."""
    model = autoencoder(n_features=N, n_hidden=M, importance_decay=10**9.6)
    ones = batch_of(np.eye(N)[-1:])
    loss = loss_of(model, np.zeros((N, M)), np.zeros(N), ones)
    np.testing.assert_allclose(loss, 10**38.4, rtol=1e-5)
    with pytest.raises(ArgumentError):
        autoencoder(n_features=N, n_hidden=M, importance_decay=10**9.7)


@pytest.mark.parametrize("name", ["importance_decay", "error", "init"])
def test_a_number_can_be_swept(name: str) -> None:
    """A traced value gives what the same concrete value gives."""
    values, inputs = [0.25, 1.0, 2.0], random_inputs(7)

    def loss_at(value: Any) -> jax.Array:
        given = {
            "importance_decay": lambda: value,
            "error": lambda: squared(importance=[1.0, value, 0.0, 1.0, 1.0]),
            "init": lambda: glorot(init_scale=value),
        }[name]()
        model = autoencoder(n_features=N, n_hidden=M, **{name: given})
        params, _ = model.init(jax.random.key(0))
        return loss_of(model, params.W, params.b, batch_of(inputs))

    swept = jax.vmap(loss_at)(jnp.array(values))
    np.testing.assert_allclose(swept, [loss_at(value) for value in values], rtol=1e-6)
    assert len(np.unique(swept)) == len(values)


def exact_batch(levels: tuple[int, ...], n: int) -> np.ndarray:
    """All combinations of independent features, each 2/3 with probability q, else 0.

    With q = 3p/4 a feature has the mean p/2 and the second moment p/3 of a sparse uniform one,
    and the gradient of the linear model depends on these moments alone.
    """
    return 2 / 3 * np.array(list(itertools.product(levels, repeat=n)))


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("levels", [(0, 0, 0, 1), (0, 1), (0, 1, 1, 1)], ids=["1/3", "2/3", "1"])
def test_the_linear_optimum_keeps_the_most_important_features(levels: tuple[int, ...]) -> None:
    """W = the first m axes, b = p/2 for the others: the gradient is 0, the loss their variance."""
    n, m, p = 4, 2, 4 / 3 * np.mean(levels)
    model = autoencoder(n_features=n, n_hidden=m, importance_decay=0.5, activation="linear")
    batch = batch_of(exact_batch(levels, n))
    W, b = np.eye(n, m), np.array([0, 0, p / 2, p / 2])
    gradient = jax.jit(
        jax.value_and_grad(lambda *params: loss_of(model, *params, batch), argnums=(0, 1))
    )
    loss, grads = gradient(W, b)
    np.testing.assert_allclose(grads[0], np.zeros((n, m)), atol=1e-12)
    np.testing.assert_allclose(grads[1], np.zeros(n), atol=1e-12)
    np.testing.assert_allclose(loss, (0.25 + 0.125) * (p / 3 - (p / 2) ** 2), rtol=1e-12)

    _, (_, at_zero_bias) = gradient(W, np.zeros(n))
    np.testing.assert_allclose(at_zero_bias, [0, 0, -0.25 * p, -0.125 * p], atol=1e-12)


COLUMN_CASES = [("relu", None, 5, 2), ("relu", IMPORTANCE, 5, 2), ("linear", None, 2, 1)]


def as_lists(params: AutoencoderParams) -> AutoencoderParams:
    """Scalars instead of arrays."""
    return AutoencoderParams(
        W=[[jnp.float32(w) for w in row] for row in np.asarray(params.W)],
        b=[jnp.float32(b) for b in np.asarray(params.b)],
    )


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "importance", "n", "m"), COLUMN_CASES)
def test_columns_give_the_loss_of_numpy_and_the_gradient_of_the_loss(
    activation: Any, importance: Any, n: int, m: int
) -> None:
    model = autoencoder(
        n_features=n,
        n_hidden=m,
        importance_decay=DECAY,
        error=squared(importance=importance),
        activation=activation,
    )
    assert model.loss_columns is not None
    W, b = random_params(3, n, m)
    inputs, targets = random_inputs(4, n), random_inputs(5, n)
    params = AutoencoderParams(W=jnp.float32(W), b=jnp.float32(b))
    columns = [jnp.float32(x) for x in inputs.T], [jnp.float32(x) for x in targets.T]
    loss, grads = jax.value_and_grad(model.loss_columns)(as_lists(params), *columns)

    weights = DECAY ** np.arange(n) * (1.0 if importance is None else np.array(importance))
    expected = numpy_loss(W, b, inputs, targets, weights, activation)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    batch = batch_of(np.float32(inputs), np.float32(targets))
    by_arrays = jax.grad(lambda params: loss_of(model, params.W, params.b, batch))(params)
    np.testing.assert_allclose(np.array(grads.W), by_arrays.W, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(np.array(grads.b), by_arrays.b, rtol=1e-5, atol=1e-6)


def test_columns_refuse_another_number_of_features() -> None:
    model = autoencoder(n_features=3, n_hidden=1)
    assert model.loss_columns is not None
    params = AutoencoderParams(W=[[1.0]] * 3, b=[0.0] * 3)
    for n in (2, 4):
        with pytest.raises(AssertionError):
            model.loss_columns(params, [jnp.ones(8)] * n, [jnp.ones(8)] * n)
