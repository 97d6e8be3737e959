"""What the superposition probe measures, against NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import draw, sparse_uniform, stateless
from superpos.evaluations import superposition
from superpos.models import AutoencoderParams, autoencoder
from superpos.types import Batch, Key, Source

N, M = 5, 2
MODEL = autoencoder(n_features=N, n_hidden=M, importance_decay=0.5)
SOURCE = sparse_uniform(n_features=N, density=0.3)
W = np.random.default_rng(0).normal(size=(N, M))
W[3] = 0
B = np.linspace(-0.2, 0.2, N)
PARAMS = AutoencoderParams(W=jnp.asarray(W), b=jnp.asarray(B))


def measure(
    batch_size: int = 16, source: Source = SOURCE, seed: int = 0, params: AutoencoderParams = PARAMS
) -> dict[str, np.ndarray]:
    evaluation = superposition(model=MODEL, source=source, batch_size=batch_size)
    measured = evaluation.measure(params, (), jax.random.key(seed))
    return {name: np.asarray(value) for name, value in measured.items()}


def numpy_loss(x: np.ndarray) -> np.ndarray:
    recon = np.maximum(x @ W @ W.T + B, 0)
    return np.mean(((x - recon) ** 2) @ 0.5 ** np.arange(N))


@pytest.mark.slow
def test_it_measures_the_geometry_of_the_features() -> None:
    measured = measure()
    assert set(measured) == {
        "loss", "feature_norms", "feature_dimensionality", "features_per_dimension"
    }  # fmt: skip
    squared, overlaps = (W**2).sum(1), (W @ W.T) ** 2
    D = np.divide(squared**2, overlaps.sum(1), out=np.zeros(N), where=squared > 0)
    np.testing.assert_allclose(measured["feature_norms"], np.sqrt(squared), rtol=1e-5)
    np.testing.assert_allclose(measured["feature_dimensionality"], D, rtol=1e-5)
    np.testing.assert_allclose(measured["features_per_dimension"], squared.sum() / M, rtol=1e-5)


def test_the_loss_is_that_of_the_model_on_a_fresh_batch() -> None:
    key_batch, _ = jax.random.split(jax.random.key(0))
    x = np.asarray(draw(SOURCE, key_batch, 16).inputs, np.float64)
    measured = measure()["loss"]
    assert measured.shape == ()
    np.testing.assert_allclose(measured, numpy_loss(x), rtol=1e-5)


@pytest.mark.slow
def test_the_loss_estimates_its_expectation() -> None:
    """With W = 0 and b = 0 it is Σ 0.5^i E x² = (1.9375) p / 3; five standard errors."""
    n, p = 100_000, 0.3
    zero = AutoencoderParams(W=jnp.zeros((N, M)), b=jnp.zeros(N))
    variance = (p / 5 - (p / 3) ** 2) * (0.25 ** np.arange(N)).sum()
    loss = measure(batch_size=n, params=zero)["loss"]
    assert abs(loss - 1.9375 * p / 3) < 5 * np.sqrt(variance / n)


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
    np.testing.assert_array_equal(first["feature_norms"], other["feature_norms"])


@pytest.mark.slow
def test_it_is_the_same_under_jit_and_vmap() -> None:
    probe = superposition(model=MODEL, source=SOURCE, batch_size=16)
    keys = jax.vmap(jax.random.key)(jnp.arange(2))
    mapped = jax.jit(jax.vmap(probe, in_axes=(None, None, 0)))(PARAMS, (), keys)
    for seed in (0, 1):
        for name, value in measure(seed=seed).items():
            np.testing.assert_allclose(mapped[name][seed], value, rtol=1e-5)


@pytest.mark.parametrize("batch_size", [0, -1, 16.0, True, "16"])
def test_a_bad_batch_size_is_refused(batch_size: object) -> None:
    with pytest.raises(ArgumentError) as refusal:
        measure(batch_size=batch_size)  # type: ignore[arg-type]
    expected = f"batch_size={batch_size!r}: expected an integer in [1, 2147483647]"
    assert str(refusal.value) == expected
