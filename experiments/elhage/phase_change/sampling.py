"""The closed-form losses of fixed configurations against Monte Carlo with superpos's own model."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np

from experiments.elhage.phase_change import theory
from superpos import data, models
from superpos.types import Array, Batch, Key

MONTE_CARLO_POINTS = ((0.3, 0.3), (0.6, 1.0), (0.9, 3.0))
MONTE_CARLO_BATCHES, MONTE_CARLO_BATCH = 2**8, 2**14


def closed_form_deviation(n_features: int) -> float:
    """Largest |Monte Carlo / closed form - 1| over configurations and three points (p, r).

    The Monte Carlo uses superpos's own model, and its own source for the magnitudes. The sets of
    features that are on are summed over exactly, by their probabilities, so that 2^22 samples have
    a standard error below 0.06 %.
    """
    rows = [
        (p, r, W, b, theory.configuration_losses(p, r, n_features)[name])
        for p, r in MONTE_CARLO_POINTS
        for name, (W, b) in theory.configuration_parameters(p, n_features).items()
    ]
    *parameters, closed = (np.stack(column) for column in zip(*rows, strict=True))
    p, r, W, b = (jnp.asarray(column, jnp.float32) for column in parameters)
    return float(np.abs(_monte_carlo(p, r, W, b) / closed - 1).max())


def _monte_carlo(p: Array, r: Array, W: Array, b: Array) -> np.ndarray:
    """The loss of each row, (k,): p and r (k,), W (k, n, m), b (k, n)."""
    _, n_features, n_hidden = W.shape
    source = data.sparse_uniform(n_features=n_features, density=1.0)
    sets = jnp.array([*itertools.product([0.0, 1.0], repeat=n_features)])

    def loss(p: Array, r: Array, W: Array, b: Array, x: Array, key: Key) -> Array:
        importance = [*[1.0] * (n_features - 1), r]
        error = models.errors.squared(importance=importance)
        model = models.autoencoder(n_features=n_features, n_hidden=n_hidden, error=error)
        params = models.AutoencoderParams(W=W, b=b)

        def of_set(on: Array) -> Array:
            x_on = x * on[None]
            batch = Batch(inputs=x_on, targets=x_on, factors=x_on)
            return jnp.prod(on * p + (1 - on) * (1 - p)) * model.loss(params, (), batch, key)[0]

        return jax.vmap(of_set)(sets).sum()

    def of_batch(key: Key) -> Array:
        key_batch, key_loss = jax.random.split(key)
        x = data.draw(source, key_batch, MONTE_CARLO_BATCH).inputs
        return jax.vmap(loss, (0, 0, 0, 0, None, None))(p, r, W, b, x, key_loss)

    keys = jax.random.split(jax.random.key(0), MONTE_CARLO_BATCHES)
    means = jax.jit(lambda keys: jax.lax.map(of_batch, keys))(keys)
    return np.asarray(means, float).mean(0)
