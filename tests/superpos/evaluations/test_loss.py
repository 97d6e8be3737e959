"""The loss on fresh data."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, models
from superpos.arguments import ArgumentError
from superpos.data import draw, sparse_uniform, stateless
from superpos.evaluations import loss
from superpos.models import AutoencoderParams, autoencoder
from superpos.types import Batch, Key, Source

N, M = 5, 2
MODEL = autoencoder(n_features=N, n_hidden=M, importance_decay=0.5)
SOURCE = sparse_uniform(n_features=N, density=0.3)
W = np.random.default_rng(0).normal(size=(N, M))
B = np.linspace(-0.2, 0.2, N)
PARAMS = AutoencoderParams(W=jnp.asarray(W), b=jnp.asarray(B))


def measure(
    batch_size: int = 16, source: Source = SOURCE, seed: int = 0, params: AutoencoderParams = PARAMS
) -> dict[str, np.ndarray]:
    evaluation = loss(model=MODEL, source=source, batch_size=batch_size)
    measured = evaluation.measure(params, (), jax.random.key(seed))
    return {name: np.asarray(value) for name, value in measured.items()}


def numpy_loss(x: np.ndarray) -> np.ndarray:
    recon = np.maximum(x @ W @ W.T + B, 0)
    return np.mean(((x - recon) ** 2) @ 0.5 ** np.arange(N))


@pytest.mark.slow
def test_any_model_will_do() -> None:
    model = models.computation(n_features=3, n_hidden=4)
    source = data.sparse_uniform(n_features=3, density=0.5)
    params, state = model.init(jax.random.key(0))
    measured = loss(model=model, source=source, batch_size=64).measure(
        params, state, jax.random.key(1)
    )
    key_batch, key_loss = jax.random.split(jax.random.key(1))
    expected, _ = model.loss(params, state, draw(source, key_batch, 64), key_loss)
    np.testing.assert_array_equal(measured["loss"], expected)


def test_the_loss_is_that_of_the_model_on_a_fresh_batch() -> None:
    key_batch, _ = jax.random.split(jax.random.key(0))
    x = np.asarray(draw(SOURCE, key_batch, 16).inputs, np.float64)
    assert set(measure()) == {"loss"}
    measured = measure()["loss"]
    assert measured.shape == ()
    np.testing.assert_allclose(measured, numpy_loss(x), rtol=1e-5)


@pytest.mark.slow
def test_the_loss_estimates_its_expectation() -> None:
    """With W = 0 and b = 0 it is Σ 0.5^i E x² = (1.9375) p / 3; five standard errors."""
    n, p = 100_000, 0.3
    zero = AutoencoderParams(W=jnp.zeros((N, M)), b=jnp.zeros(N))
    variance = (p / 5 - (p / 3) ** 2) * (0.25 ** np.arange(N)).sum()
    found = measure(batch_size=n, params=zero)["loss"]
    assert abs(found - 1.9375 * p / 3) < 5 * np.sqrt(variance / n)


def test_it_draws_as_many_examples_as_it_is_told() -> None:
    asked = []

    def sample(key: Key, batch_size: int) -> Batch:
        asked.append(batch_size)
        x = jnp.ones((batch_size, N))
        return Batch(inputs=x, targets=x, factors=x)

    measure(batch_size=3, source=stateless(sample))
    assert asked == [3]


def test_another_key_is_another_batch() -> None:
    first, again, other = measure(seed=0), measure(seed=0), measure(seed=1)
    assert first["loss"] == again["loss"] != other["loss"]


@pytest.mark.parametrize("batch_size", [0, -1, 16.0, True, "16"])
def test_a_bad_batch_size_is_refused(batch_size: object) -> None:
    with pytest.raises(ArgumentError) as refusal:
        measure(batch_size=batch_size)  # type: ignore[arg-type]
    expected = f"batch_size={batch_size!r}: expected an integer in [1, 2147483647]"
    assert str(refusal.value) == expected
