"""The best restart at each point of a variant."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from superpos import metrics
from superpos.train import best_of, store

EDGE = 0.05
"""A capacity this near to 0 or 1 counts as 0 or 1."""


class Models(NamedTuple):
    """The best restart at each point of a variant.

    Attributes:
        along: density from the largest down, or kurtosis from the smallest up, (k,).
        decay: of importance, from the largest down, (d,).
        importance: I_i of each feature, (d, n).
        W: feature directions, (d, k, n, m).
        b: bias, (d, k, n); 0 where there is none.
        loss: of the best, (d, k).
        excess: median of the losses of all restarts over the least, less 1, (d, k).
    """

    along: np.ndarray
    decay: np.ndarray
    importance: np.ndarray
    W: np.ndarray
    b: np.ndarray
    loss: np.ndarray
    excess: np.ndarray

    @property
    def capacity(self) -> np.ndarray:
        """C_i, (d, k, n)."""
        return capacity(self.W)

    @property
    def counts(self) -> np.ndarray:
        """Features with C = 1, 0 < C < 1 and C = 0, (d, k, 3)."""
        C = self.capacity
        full, none = C >= 1 - EDGE, C <= EDGE
        return np.stack([full, ~full & ~none, none], axis=-1).sum(-2)

    @property
    def packing(self) -> np.ndarray:
        """Σ C_i over the number of hidden dimensions, (d, k)."""
        return self.capacity.sum(-1) / self.W.shape[-1]

    def at(self, decay: float) -> int | None:
        """Where a decay is, None where it is not."""
        found = np.flatnonzero(np.isclose(self.decay, decay))
        return int(found[0]) if found.size else None


def capacity(W: np.ndarray) -> np.ndarray:
    """C_i of W (..., n, m), (..., n)."""
    return np.asarray(_capacity(jnp.asarray(W, jnp.float32)), float)


_capacity = jax.jit(metrics.capacity)


def models_of(dataset: xarray.Dataset) -> Models:
    """The best restart at each point."""
    config = store.config_of(dataset)
    n, along = dataset.sizes["feature"], "kurtosis" if "kurtosis" in dataset.dims else "density"
    if "importance_decay" not in dataset.dims:
        dataset = dataset.expand_dims(importance_decay=[config["model.importance_decay"]])
    losses = dataset["loss"].isel(step=-1)
    best = best_of(dataset, losses)
    dims = ("importance_decay", along)
    best = best.sortby("importance_decay", ascending=False).sortby(
        along, ascending=along == "kurtosis"
    )
    spread = (losses.where(store.finished(dataset)).median("seed") / best["best_loss"] - 1).sel(
        {dim: best[dim] for dim in dims}
    )
    W = best["W"].transpose(*dims, "feature", "hidden").to_numpy().astype(float)
    b = best["b"].transpose(*dims, "feature").to_numpy() if "b" in best else np.zeros(W.shape[:-1])
    decay = best["importance_decay"].to_numpy().astype(float)
    given = np.asarray(config.get("model.error.importance") or np.ones(n), float)
    return Models(
        along=best[along].to_numpy().astype(float),
        decay=decay,
        importance=given * decay[:, None] ** np.arange(n),
        W=W,
        b=b.astype(float),
        loss=best["best_loss"].transpose(*dims).to_numpy().astype(float),
        excess=spread.transpose(*dims).to_numpy().astype(float),
    )
