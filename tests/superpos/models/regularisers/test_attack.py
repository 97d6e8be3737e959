"""Attacks in closed form against NumPy in float64, and the loss of an attacked batch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.models import AutoencoderParams, attack_directions, autoencoder, computation
from superpos.models.regularisers import attack
from superpos.types import Batch

N, M, BATCH = 5, 2, 400
RNG = np.random.default_rng(3)
W, X = RNG.normal(size=(N, M)), RNG.uniform(size=(BATCH, N))
ROWS = W @ W.T / np.linalg.norm(W @ W.T, axis=1, keepdims=True)
B = np.zeros(N, np.float32)
STEP = 0.8 * np.linalg.norm(X, axis=1).mean()


def attacked(x, W, key, attack_norm):
    [hook] = attack(attack_norm=attack_norm).on_inputs
    return hook(x, AutoencoderParams(W=W, b=jnp.asarray(B)), key)


def test_directions_are_rows_of_the_gram_matrix_of_norm_one() -> None:
    np.testing.assert_allclose(attack_directions(jnp.float32(W)), ROWS, atol=1e-6)
    dead = np.where(np.arange(N)[:, None] == 1, 0.0, W)
    assert not np.asarray(attack_directions(jnp.float32(dead)))[1].any()


def test_no_step_of_that_norm_raises_an_output_that_is_on_more() -> None:
    """By Cauchy and Schwarz; here against many directions drawn at random."""
    steps = RNG.normal(size=(5000, N))
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    directions = np.asarray(attack_directions(jnp.float32(W)), float)
    assert ((W @ W.T @ steps.T).max(1) <= (W @ W.T * directions).sum(1) + 1e-6).all()


@pytest.mark.slow
def test_each_example_is_attacked_at_one_random_feature() -> None:
    found = attacked(jnp.float32(X.T), jnp.float32(W), jax.random.key(0), attack_norm=0.8)
    steps = (np.asarray(found).T - X) / STEP
    distances = np.linalg.norm(steps[:, None] - ROWS, axis=-1)
    np.testing.assert_allclose(distances.min(1), 0, atol=1e-5)
    counts = np.bincount(distances.argmin(1), minlength=N)
    assert (np.abs(counts - BATCH / N) < 5 * np.sqrt(BATCH / N)).all()


@pytest.mark.slow
def test_the_loss_is_that_of_the_attacked_inputs_to_the_targets_as_they_were() -> None:
    """With one feature that can be attacked, all others being dead."""
    alone = np.where(np.arange(N)[:, None] == 0, W, 0.0)
    params = AutoencoderParams(W=jnp.float32(alone), b=jnp.zeros(N))
    batch = Batch(inputs=jnp.float32(X), targets=jnp.float32(X), factors=jnp.float32(X))
    model = autoencoder(n_features=N, n_hidden=M, regularisers=[attack(attack_norm=0.8)])
    size = (alone[0] ** 2).sum()

    def loss(hit: np.ndarray) -> float:
        recon = np.maximum(size * (X[:, 0] + STEP * hit), 0)
        return float((np.square(recon - X[:, 0]) + np.square(X[:, 1:]).sum(1)).mean())

    keys = jax.random.split(jax.random.key(1), 300)
    losses = jax.vmap(lambda key: model.loss(params, (), batch, key)[0])(keys)
    expected = loss(np.ones(BATCH)) / N + loss(np.zeros(BATCH)) * (1 - 1 / N)
    assert losses.mean() == pytest.approx(expected, rel=0.01)
    assert losses.std() > 0


@pytest.mark.slow
def test_no_gradient_goes_through_the_attack_and_that_of_norm_0_is_none() -> None:
    x = jnp.float32(X.T)

    def total(W: jax.Array) -> jax.Array:
        key = jax.random.key(2)
        return jnp.square(attacked(x, W, key, attack_norm=0.5)).sum()

    assert not jax.grad(total)(jnp.float32(W)).any()
    params = AutoencoderParams(W=jnp.float32(W), b=jnp.zeros(N))
    batch = Batch(inputs=x.T, targets=x.T, factors=x.T)
    plain, still = (
        autoencoder(n_features=N, n_hidden=M, regularisers=chosen).loss(
            params, (), batch, jax.random.key(3)
        )[0]
        for chosen in (None, [attack(attack_norm=0.0)])
    )
    np.testing.assert_allclose(plain, still, rtol=1e-6)


def test_a_model_without_tied_weights_is_refused_by_its_loss() -> None:
    model = computation(n_features=N, n_hidden=M, regularisers=[attack(attack_norm=0.5)])
    x = jnp.float32(X)
    params, _ = model.init(jax.random.key(0))
    batch = Batch(inputs=x, targets=x, factors=x)
    with pytest.raises(ArgumentError, match="^regularisers.attack: expected a model with tied"):
        model.loss(params, (), batch, jax.random.key(1))
