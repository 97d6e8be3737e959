"""Normal starts: their standard deviations, their independence, and biases at 0."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from superpos.arguments import ArgumentError
from superpos.models import autoencoder, computation, inits, mlp, quadratic
from superpos.types import Model

N, M = 300, 100
STD = {
    "glorot": lambda n, m: np.sqrt(2 / (n + m)),
    "unit": lambda n, m: 1 / np.sqrt(m),
    "he": lambda n, m: np.sqrt(2 / n),
    "notebook": lambda n, m: np.sqrt(2 / (m * (n + 10))),
}
"""Of a matrix (n, m); xavier_normal_ on (10, n, m) takes fans of n m and 10 m."""


def model_of(name: str, init: Any) -> Model:
    sizes = {"n_features": N, "n_hidden": M, "init": init}
    return {
        "autoencoder": lambda: autoencoder(**sizes),
        "computation": lambda: computation(**sizes),
        "mlp": lambda: mlp(**sizes, n_outputs=50, n_layers=2, bias=True),
        "quadratic": lambda: quadratic(**sizes, kurtosis=3.0),
    }[name]()


def matrices(model: Model, seed: int = 0) -> list[np.ndarray]:
    leaves = jax.tree.leaves(model.init(jax.random.key(seed))[0])
    assert not any(np.any(leaf) for leaf in leaves if leaf.ndim < 2)
    return [np.asarray(leaf, float) for leaf in leaves if leaf.ndim == 2]


@pytest.mark.slow
@pytest.mark.parametrize("kind", STD)
@pytest.mark.parametrize("name", ["autoencoder", "computation", "mlp", "quadratic"])
def test_matrices_are_normal_and_independent(kind: str, name: str) -> None:
    found = matrices(model_of(name, getattr(inits, kind)(init_scale=2.0)))
    assert len(found) == {"computation": 2, "mlp": 3}.get(name, 1)
    for W in found:
        std = 2 * STD[kind](*W.shape)
        assert scipy.stats.kstest(W.ravel(), scipy.stats.norm(0, std).cdf).pvalue > 1e-5
    for first, second in zip(found[:-1], found[1:], strict=True):
        parts = first.ravel()[:5000], second.ravel()[:5000]
        assert abs(np.corrcoef(*parts)[0, 1]) < 0.07


def test_fan_in_draws_biases_too_and_each_array_by_itself() -> None:
    init = inits.fan_in(weight_std=1.5, bias_std=0.3)
    params, _ = model_of("mlp", init).init(jax.random.key(0))
    expected = [1.5 / len(W) ** 0.5 for W in params.weights] + [0.3] * 3
    found = [np.ravel(np.asarray(leaf, float)) for leaf in (*params.weights, *params.biases)]
    for values, std in zip(found, expected, strict=True):
        assert scipy.stats.kstest(values, scipy.stats.norm(0, std).cdf).pvalue > 1e-5
    for first, second in itertools.combinations(found, 2):
        n = min(len(first), len(second))
        assert abs(np.corrcoef(first[:n], second[:n])[0, 1]) < 5 / n**0.5
    matrices(model_of("mlp", inits.fan_in()))  # biases start at 0 where nothing else is said


@pytest.mark.parametrize(
    ("name", "kind"),
    [("autoencoder", "glorot"), ("computation", "glorot"), ("mlp", "he"), ("quadratic", "unit")],
)
def test_what_a_model_starts_with_by_default(name: str, kind: str) -> None:
    ours, default = (matrices(model_of(name, i)) for i in (getattr(inits, kind)(), None))
    for one, other in zip(ours, default, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_notebook_starts_smaller_the_more_models_it_trains() -> None:
    """Its five features in two dimensions: sqrt(2 / (2 (5 + 10))), where Glorot gives .535."""
    sizes = {"n_features": 5, "n_hidden": 2}

    def ratio(first: inits.Init, second: inits.Init) -> np.ndarray:
        one, other = (matrices(autoencoder(**sizes, init=init))[0] for init in (first, second))
        return one / other

    of_ten = ratio(inits.notebook(), inits.glorot())
    np.testing.assert_allclose(of_ten, np.sqrt(2 / 30) / np.sqrt(2 / 7), rtol=1e-6)
    of_forty = ratio(inits.notebook(n_instances=40), inits.notebook(n_instances=10))
    np.testing.assert_allclose(of_forty, np.sqrt(15 / 45), rtol=1e-6)


@pytest.mark.parametrize("kind", STD)
def test_the_scale_can_be_swept(kind: str) -> None:
    def start(scale: Any) -> jax.Array:
        init = getattr(inits, kind)(init_scale=scale)
        return autoencoder(n_features=4, n_hidden=2, init=init).init(jax.random.key(3))[0].W

    swept = jax.vmap(start)(jnp.float32([0.5, 2.0]))
    np.testing.assert_allclose(swept, [start(0.5), start(2.0)], rtol=1e-6)
    np.testing.assert_allclose(swept[1], 4 * swept[0], rtol=1e-6)


@pytest.mark.parametrize("kind", STD)
def test_a_scale_out_of_range_is_refused(kind: str) -> None:
    for scale in (0.0, -1.0, float("inf")):
        with pytest.raises(
            ArgumentError, match=r"^init_scale=.*: expected a number in \(0, inf\)$"
        ):
            getattr(inits, kind)(init_scale=scale)


def test_a_start_of_other_shapes_is_refused() -> None:
    def transposed(key: jax.Array, params: Any) -> Any:
        return params.replace(W=params.W.T)

    with pytest.raises(ArgumentError, match="^init: expected parameters of the shapes that it is"):
        autoencoder(n_features=4, n_hidden=2, init=transposed)


def test_a_start_can_be_a_function_of_ones_own() -> None:
    def ones(key: jax.Array, params: Any) -> Any:
        return jax.tree.map(jnp.ones_like, params)

    params, state = autoencoder(n_features=4, n_hidden=2, init=ones).init(jax.random.key(0))
    assert state == ()
    np.testing.assert_array_equal(params.W, np.ones((4, 2)))
    np.testing.assert_array_equal(params.b, np.ones(4))


def test_biases_can_be_normal_and_the_rest_is_that_of_another_start() -> None:
    biased = inits.normal_bias(std=2.0, init=inits.glorot())
    params, _ = autoencoder(n_features=2000, n_hidden=3, init=biased).init(jax.random.key(0))
    b = np.asarray(params.b, float)
    assert scipy.stats.kstest(b, scipy.stats.norm(0, 2).cdf).pvalue > 1e-5
    W = np.asarray(params.W, float).ravel()
    assert scipy.stats.kstest(W, scipy.stats.norm(0, STD["glorot"](2000, 3)).cdf).pvalue > 1e-5
    with pytest.raises(ArgumentError, match="^init=normal_bias: expected a model with the para"):
        quadratic(n_features=5, n_hidden=2, kurtosis=3.0, init=inits.normal_bias())
