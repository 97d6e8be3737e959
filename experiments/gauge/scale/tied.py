"""The tied autoencoder: its loss as its weights are scaled, and every measure beside its own."""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from experiments.elhage.geometry import represented
from experiments.gauge.scale.dimensions import of_tied
from experiments.gauge.scale.stored import stacked
from experiments.registry import REGISTRY
from superpos import data, models
from superpos.train import store
from superpos.types import Array, Batch

ALPHAS = np.linspace(0.5, 1.5, 41)
"""What W is multiplied by; 1 is among them."""
N_BATCHES, BATCH = 16, 2**11
"""Fresh examples. Not one large batch: for some shapes XLA's CPU compiler (jax 0.10.2) gets the
error of a transposed float64 batch of 30,000 wrong."""


class Tied(NamedTuple):
    """What is measured of each of several autoencoders.

    Attributes:
        loss: on fresh data with αW for α in ALPHAS and the bias as it is, (k, len(ALPHAS)).
        measures: of `dimensions.measures`, each (k,) or (k, n_features).
        represented: whether a feature has norm > 1/2, (k, n_features).
        n_hidden: m.
    """

    loss: np.ndarray
    measures: dict[str, np.ndarray]
    represented: np.ndarray
    n_hidden: int


def tied(dataset: xarray.Dataset) -> Tied:
    """Measure the finished members of a sweep of autoencoders over seeds; to be called under x64.

    Raises:
        NoMemberError: no member is finished.
    """
    model, params = stacked(dataset, "autoencoder")
    _, n, m = params.W.shape
    source = store.component(dataset, REGISTRY, "data")
    x = jnp.float64(data.draw(source, jax.random.key(1), N_BATCHES * BATCH).inputs)

    @jax.jit
    def of_one(one: models.AutoencoderParams) -> tuple[Array, dict[str, Array]]:
        def loss(alpha: Array) -> Array:
            scaled = dataclasses.replace(one, W=alpha * one.W)

            def of_batch(x: Array) -> Array:
                batch = Batch(inputs=x, targets=x, factors=x)
                return model.loss(scaled, (), batch, jax.random.key(0))[0]

            return jax.lax.map(of_batch, x.reshape(N_BATCHES, BATCH, n)).mean()

        return jax.lax.map(loss, jnp.asarray(ALPHAS)), of_tied(one.W, x)

    losses, measured = jax.lax.map(of_one, params)
    return Tied(
        np.asarray(losses),
        jax.tree.map(np.asarray, measured),
        represented(np.asarray(params.W)),
        m,
    )


def minimum(alphas: np.ndarray, loss: np.ndarray) -> float:
    """Where a loss is least: the vertex of the parabola through the least point and its neighbours.

    Args:
        alphas: equidistant, (k,).
        loss: (k,).

    Returns:
        The place; an end of the range where the loss is least there.
    """
    at = int(np.argmin(loss))
    if at in (0, len(loss) - 1):
        return float(alphas[at])
    before, here, after = loss[at - 1 : at + 2]
    shift = 0.5 * (before - after) / (before - 2 * here + after)
    return float(alphas[at] + shift * (alphas[1] - alphas[0]))


def n_minima(loss: np.ndarray) -> int:
    """How many local minima a loss along a line has, its ends included."""
    padded = np.concatenate([[np.inf], loss, [np.inf]])
    return int(((padded[1:-1] < padded[:-2]) & (padded[1:-1] < padded[2:])).sum())
