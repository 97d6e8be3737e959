"""The loss on fresh data."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, models, optim
from superpos.arguments import ArgumentError
from superpos.data import draw, sparse_uniform, stateless
from superpos.evaluations import loss
from superpos.models import AutoencoderParams, autoencoder
from superpos.train import FitSpec, fit, sweep, training
from superpos.types import Batch, Key, Model, Output, Source

N, M = 5, 2
MODEL = autoencoder(n_features=N, n_hidden=M, importance_decay=0.5)
SOURCE = sparse_uniform(n_features=N, density=0.3)
W = np.random.default_rng(0).normal(size=(N, M))
B = np.linspace(-0.2, 0.2, N)
PARAMS = AutoencoderParams(W=jnp.asarray(W), b=jnp.asarray(B))


def measure(
    batch_size: int = 16,
    source: Source = SOURCE,
    seed: int = 0,
    params: AutoencoderParams = PARAMS,
    n_batches: int = 2,
) -> dict[str, np.ndarray]:
    evaluation = loss(model=MODEL, source=source, batch_size=batch_size, n_batches=n_batches)
    measured = evaluation.measure(params, (), jax.random.key(seed))
    return {name: np.asarray(value) for name, value in measured.items()}


def numpy_loss(x: np.ndarray) -> np.ndarray:
    recon = np.maximum(x @ W @ W.T + B, 0)
    return np.mean(((x - recon) ** 2) @ 0.5 ** np.arange(N))


def batches(source: Source, key: Key, batch_size: int, n_batches: int) -> list[Batch]:
    """The fresh batches, by the documented keys."""
    keys = [jax.random.split(jax.random.fold_in(key, number))[0] for number in range(n_batches)]
    return [draw(source, each, batch_size) for each in keys]


@pytest.mark.slow
def test_any_model_will_do() -> None:
    model = models.computation(n_features=3, n_hidden=4)
    source = data.sparse_uniform(n_features=3, density=0.5)
    params, state = model.init(jax.random.key(0))
    key = jax.random.key(1)
    measured = loss(model=model, source=source, batch_size=64).measure(params, state, key)
    found = batches(source, key, 64, 16)
    expected = [model.loss(params, state, each, jax.random.key(2))[0] for each in found]
    np.testing.assert_allclose(measured["loss"], np.mean(expected), rtol=1e-5)


def test_the_loss_is_that_of_the_model_on_fresh_batches() -> None:
    """The mean over four batches, and its standard error, in float64."""
    measured = measure(n_batches=4)
    found = batches(SOURCE, jax.random.key(0), 16, 4)
    losses = [numpy_loss(np.asarray(batch.inputs, np.float64)) for batch in found]
    assert set(measured) == {"loss", "loss_standard_error"}
    assert measured["loss"].shape == measured["loss_standard_error"].shape == ()
    np.testing.assert_allclose(measured["loss"], np.mean(losses), rtol=1e-5)
    expected = np.std(losses, ddof=1) / 2
    np.testing.assert_allclose(measured["loss_standard_error"], expected, rtol=1e-4)


def exact_model() -> Model:
    """Of a loss that does not read the batch."""
    return Model(
        init=lambda key: (jax.random.normal(key, ()), ()),
        apply=lambda params, state, x: Output(code=x, recon=x),
        loss=lambda params, state, batch, key: (params**2, (state, {})),
    )


def test_an_exact_loss_has_no_standard_error() -> None:
    evaluation = loss(model=exact_model(), source=SOURCE, batch_size=1, n_batches=2)
    measured = evaluation.measure(jnp.float32(3.0), (), jax.random.key(0))
    assert (measured["loss"], measured["loss_standard_error"]) == (9, 0)


def frozen(**when: Any) -> dict[str, Any]:
    """Parts of a run whose model starts at the same parameters for every key, and stays there."""
    model = MODEL._replace(init=lambda key: (PARAMS, ()))
    evaluation = loss(model=model, source=SOURCE, batch_size=16, n_batches=2)._replace(**when)
    return {
        "model": model,
        "source": SOURCE,
        "tx": optim.sgd(learning_rate=1e-30),
        "evaluations": {"loss": evaluation},
        "spec": FitSpec(n_steps=2, batch_size=4, log_every=1),
    }


def test_all_members_are_measured_on_the_same_examples() -> None:
    """Equal models of other seeds, alone, in a sweep or under another root key, are equal."""
    root = jax.random.key(3)
    losses = sweep(lambda point: training(**frozen()), key=root, axes={"seed": [0, 1, 7]})["loss"]
    np.testing.assert_array_equal(losses, np.tile(losses[0], (3, 1)))
    assert losses[0, 0] != losses[0, 1], "each time on other examples"
    alone = fit(jax.random.key(99), **frozen()).metrics["loss"]
    np.testing.assert_allclose(alone, losses[0], rtol=1e-6)


def test_each_member_has_examples_of_its_own_where_that_is_asked_for() -> None:
    built = frozen(common=False)
    losses = sweep(lambda point: training(**built), key=jax.random.key(3), axes={"seed": range(3)})
    assert len(np.unique(losses["loss"])) == 6


@pytest.mark.slow
def test_the_loss_estimates_its_expectation() -> None:
    """With W = 0 and b = 0 it is Σ 0.5^i E x² = (1.9375) p / 3; five standard errors.

    Of 64 batches, the standard error itself is known to 9 %; four of these.
    """
    n, p = 64_000, 0.3
    zero = AutoencoderParams(W=jnp.zeros((N, M)), b=jnp.zeros(N))
    variance = (p / 5 - (p / 3) ** 2) * (0.25 ** np.arange(N)).sum()
    found = measure(batch_size=n // 64, params=zero, n_batches=64)
    assert abs(found["loss"] - 1.9375 * p / 3) < 5 * np.sqrt(variance / n)
    assert abs(found["loss_standard_error"] / np.sqrt(variance / n) - 1) < 4 * 0.09


def test_it_draws_as_many_examples_as_it_is_told() -> None:
    asked = []

    def sample(key: Key, batch_size: int) -> Batch:
        asked.append(batch_size)
        x = jnp.ones((batch_size, N))
        return Batch(inputs=x, targets=x, factors=x)

    measure(batch_size=3, source=stateless(sample))
    assert set(asked) == {3}


def test_another_key_is_another_batch() -> None:
    first, again, other = measure(seed=0), measure(seed=0), measure(seed=1)
    assert first["loss"] == again["loss"] != other["loss"]


@pytest.mark.parametrize("batch_size", [0, -1, 16.0, True, "16"])
def test_a_bad_batch_size_is_refused(batch_size: object) -> None:
    with pytest.raises(ArgumentError) as refusal:
        measure(batch_size=batch_size)  # type: ignore[arg-type]
    expected = f"batch_size={batch_size!r}: expected an integer in [1, 2147483647]"
    assert str(refusal.value) == expected


@pytest.mark.parametrize("n_batches", [0, 1, 2.0, True])
def test_without_two_batches_there_is_no_standard_error(n_batches: object) -> None:
    with pytest.raises(ArgumentError) as refusal:
        measure(n_batches=n_batches)  # type: ignore[arg-type]
    expected = f"n_batches={n_batches!r}: expected an integer in [2, 2147483647]"
    assert str(refusal.value) == expected
