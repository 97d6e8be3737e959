"""The split of the loss by sampling, with superpos's own source and model."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments.elhage.decomposition.one_sparse import integral
from experiments.tradeoff.allocation.best import Models
from experiments.tradeoff.quadrature import FeatureLosses
from superpos import data
from superpos import models as toy_models
from superpos.losses import feature_saving
from superpos.types import Array, Key

BATCH, N_BATCHES = 4096, 32
FINE = 2**13
"""Points of the rule of midpoints, for inputs with one feature on."""


class Sampled(NamedTuple):
    """Each from the same examples for all parts.

    Attributes:
        losses: of each feature, each (d, k, n).
        deviation: standard error of the benefit and of the interference, (2, d, k, n).
        remainder: what the parts leave of the saving that the model's own loss shows, over the loss
            where all features are ignored, (d, k).
        one_active: largest deviation of the closed form from the rule of midpoints, over outputs
            and the feature that is on, (d, k).
    """

    losses: FeatureLosses
    deviation: np.ndarray
    remainder: np.ndarray
    one_active: np.ndarray


def sample(models: Models, options: dict[str, Any]) -> Sampled:
    """Sample tied models with the given options at their own densities."""
    n, m = models.W.shape[-2:]

    @jax.jit
    def of_model(W: Array, b: Array, density: Array, importance: Array, key: Key) -> Any:
        error = toy_models.errors.squared(importance=[*importance])
        model = toy_models.autoencoder(n_features=n, n_hidden=m, error=error, **options)
        params = toy_models.AutoencoderParams(W=W, b=b)
        source = data.sparse_uniform(n_features=n, density=density)

        def recon(x: Array) -> Array:
            return model.apply(params, (), x).recon

        def of_batch(key: Key) -> Any:
            batch = data.draw(source, key, BATCH)
            x = batch.inputs
            full = jax.vmap(recon)(x)
            alone = jax.vmap(lambda x: jnp.diagonal(jax.vmap(recon)(jnp.diag(x))))(x)
            parts = feature_saving(full.T, alone.T, x.T, importance)
            variance = importance * x.var(0)
            return parts, variance, model.loss(params, (), batch, key)[0]

        return jax.lax.map(of_batch, jax.random.split(key, N_BATCHES))

    def row(at: tuple[int, int]) -> tuple[Any, ...]:
        arrays = (models.W[at], models.b[at], models.along[at[1]], models.importance[at[0]])
        key = jax.random.fold_in(jax.random.key(0), at[0] * len(models.along) + at[1])
        found = of_model(*(jnp.asarray(each, jnp.float32) for each in arrays), key)
        parts, ignored, loss = jax.tree.map(lambda leaf: np.asarray(leaf, float), found)
        both = np.stack([parts.benefit, parts.interference])
        left = ignored.sum(-1) - loss - parts.saved.sum(-1)
        unbiased = ignored * BATCH / (BATCH - 1)
        both[0] += unbiased - ignored
        losses = _losses(unbiased.mean(0), *both.mean(1))
        error = both.std(1, ddof=1) / np.sqrt(N_BATCHES)
        W, b, _, importance = arrays
        one = _one_active(W, b, importance, privileged=options["hidden_activation"] == "relu")
        return losses, error, np.abs(left).max() / ignored.sum(-1).mean(), one

    shape = models.loss.shape
    columns = [np.array(each) for each in zip(*map(row, np.ndindex(*shape)), strict=True)]
    losses, error, left, one = (each.reshape(*shape, *each.shape[1:]) for each in columns)
    return Sampled(
        losses=FeatureLosses(*np.moveaxis(losses, -2, 0)),
        deviation=np.moveaxis(error, -2, 0),
        remainder=left,
        one_active=one,
    )


def _losses(ignored: np.ndarray, benefit: np.ndarray, interference: np.ndarray) -> np.ndarray:
    clean = ignored - benefit
    return np.stack([ignored, clean, clean + interference])


def _one_active(W: np.ndarray, b: np.ndarray, importance: np.ndarray, *, privileged: bool) -> float:
    """Largest deviation of the closed form of the loss where feature j alone is on, on output i.

    As x_j >= 0, a ReLU on the hidden layer leaves x_j ReLU(W_j) of x_j W_j.
    """
    hidden = np.maximum(W, 0.0) if privileged else W
    slope, eye = W @ hidden.T, np.eye(len(W))
    offset = np.broadcast_to(b[:, None], slope.shape)
    closed = np.where(eye, integral(slope, offset, target=1.0), integral(slope, offset, target=0.0))
    x = (np.arange(FINE) + 0.5) / FINE
    errors = eye[..., None] * x - np.maximum(slope[..., None] * x + offset[..., None], 0.0)
    return float(np.abs(importance[:, None] * (closed - np.square(errors).mean(-1))).max())
