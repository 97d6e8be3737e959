"""The best models, and the parts of their loss by Monte Carlo."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from superpos import data
from superpos import models as toy_models
from superpos.store.best import fragile_of
from superpos.train import best_of, store
from superpos.types import Array, Key

BATCH_PER_FEATURE, FULL_BATCH, N_FULL = 4096, 2**16, 32
"""Examples of one feature for each feature; of all features in a batch, and such batches."""


class Models(NamedTuple):
    """The best model at each density, from dense to sparse.

    Attributes:
        density: p, (k,).
        W: feature directions, (k, n, m).
        b: bias, (k, n).
        importance: I, (n,).
    """

    density: np.ndarray
    W: np.ndarray
    b: np.ndarray
    importance: np.ndarray


class Sampled(NamedTuple):
    """What Monte Carlo with superpos's own source and model gives for each model, each (k,).

    Attributes:
        one: loss where exactly one feature is on.
        zero: loss where none is.
        full: loss at the model's density.
        free: largest output from negative interference: over examples with one feature i on and
            outputs j with W_i·W_j <= 0 and b_j <= 0.
    """

    one: np.ndarray
    zero: np.ndarray
    full: np.ndarray
    free: np.ndarray


class Decomposed(NamedTuple):
    """ReLU models and linear ones.

    Attributes:
        relu: the best ReLU models.
        linear: the best linear models.
        sampled: what Monte Carlo gives for the ReLU models.
        fragile: where these are sensitive to rounding, bool (k,); None when not checked.
    """

    relu: Models
    linear: Models
    sampled: Sampled
    fragile: np.ndarray | None


def measure(datasets: Mapping[str, xarray.Dataset]) -> Decomposed:
    """Take the best models, and sample the parts of the loss of the ReLU models.

    Args:
        datasets: {"relu": ..., "linear": ...}, sweeps over density and seed.
    """
    best = {
        name: best_of(dataset, dataset["loss"].isel(step=-1)).sortby("density", ascending=False)
        for name, dataset in datasets.items()
    }
    relu, linear = best["relu"], best["linear"]
    models = models_of(relu)
    return Decomposed(
        relu=models,
        linear=models_of(linear),
        sampled=sample(models),
        fragile=fragile_of(relu),
    )


def models_of(best: xarray.Dataset) -> Models:
    """The models of a dataset without its restarts; importances are read from its config."""
    decay = store.config_of(best)["model.importance_decay"]
    return Models(
        density=best["density"].to_numpy().astype(float),
        W=best["W"].to_numpy().astype(float),
        b=best["b"].to_numpy().astype(float),
        importance=float(decay) ** np.arange(best.sizes["feature"]),
    )


def sample(models: Models) -> Sampled:
    """Evaluate each model on fresh batches: one feature on, none, and at its own density."""
    n, m = models.W.shape[1:]
    model = toy_models.autoencoder(
        n_features=n,
        n_hidden=m,
        error=toy_models.errors.squared(importance=models.importance.tolist()),
    )
    key_one, key_models = jax.random.split(jax.random.key(0))
    one = data.draw(data.one_sparse(n_features=n, stratified=True), key_one, n * BATCH_PER_FEATURE)
    nothing = jax.tree.map(lambda leaf: jnp.zeros_like(leaf[:1]), one)

    @jax.jit
    def of_model(W: Array, b: Array, density: Array, key: Key) -> tuple[Array, ...]:
        params = toy_models.AutoencoderParams(W=W, b=b)
        source = data.sparse_uniform(n_features=n, density=density)
        key_one, key_zero, key_full = jax.random.split(key, 3)

        def full(key: Key) -> Array:
            key_batch, key_loss = jax.random.split(key)
            return model.loss(params, (), data.draw(source, key_batch, FULL_BATCH), key_loss)[0]

        recon = jax.vmap(model.apply, in_axes=(None, None, 0))(params, (), one.inputs).recon
        # Output j of an example with feature i on, where it is to be free.
        free = ((W @ W.T <= 0) & (b[None] <= 0)).astype(jnp.float32)
        allowed = (one.inputs > 0).astype(jnp.float32) @ free
        return (
            model.loss(params, (), one, key_one)[0],
            model.loss(params, (), nothing, key_zero)[0],
            jax.lax.map(full, jax.random.split(key_full, N_FULL)).mean(),
            jnp.where(allowed > 0, recon, -1.0).max(),
        )

    keys = jax.random.split(key_models, len(models.W))
    arrays = (models.W, models.b, models.density)
    rows = [
        of_model(*(jnp.asarray(part, jnp.float32) for part in parts), key)
        for *parts, key in zip(*arrays, keys, strict=True)
    ]
    columns = np.asarray(rows, float).T
    return Sampled(one=columns[0], zero=columns[1], full=columns[2], free=columns[3])
