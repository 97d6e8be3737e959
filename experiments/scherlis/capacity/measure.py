"""The best model at each kurtosis: its capacities, its blocks, and the exact optimum."""

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray

from experiments.scherlis import theory
from superpos import metrics
from superpos.store.best import fragile_of
from superpos.train import best_of, store

CLUSTERED, SMALLEST = 0.1, 0.01
"""Features whose |cos| exceeds this are clustered into one block, unless their norm is so small."""


class Allocation(NamedTuple):
    """The best model at each kurtosis, from the smallest up.

    Attributes:
        kurtosis: κ, (k,).
        values: v_i from the largest down, (n,).
        W: feature directions, (k, n, m).
        loss: (k,).
        fragile: where it is sensitive to rounding, bool (k,); None when not checked.
    """

    kurtosis: np.ndarray
    values: np.ndarray
    W: np.ndarray
    loss: np.ndarray
    fragile: np.ndarray | None

    @property
    def capacity(self) -> np.ndarray:
        """C_i, (k, n)."""
        return np.asarray(metrics.capacity(jnp.asarray(self.W, jnp.float32)), float)

    @property
    def optimal_capacity(self) -> np.ndarray:
        """C_i at the exact optimum, (k, n)."""
        m = self.W.shape[-1]
        return np.array(
            [
                theory.optimal_capacities(self.values, n_hidden=m, kurtosis=kurtosis)[0]
                for kurtosis in self.kurtosis
            ]
        )

    @property
    def unit(self) -> np.ndarray:
        """Directions of the features, 0 for one of negligible norm, (k, n, m)."""
        norms = np.linalg.norm(self.W, axis=-1, keepdims=True)
        return np.where(norms > SMALLEST, self.W / np.maximum(norms, SMALLEST), 0.0)

    @property
    def blocks(self) -> np.ndarray:
        """Which features are in one block, by |cos|, bool (k, n, n)."""
        labels = metrics.tegum_factors(jnp.asarray(self.unit, jnp.float32), threshold=CLUSTERED)
        return np.asarray(metrics.same_component(labels))

    @property
    def spread(self) -> np.ndarray:
        """Relative deviation of the frame's eigenvalues in the block of each feature, (k, n)."""
        found = metrics.block_spread(
            jnp.asarray(self.W, jnp.float32), jnp.asarray(self.blocks), tolerance=1e-2
        )
        return np.asarray(found, float)


def measure(datasets: Mapping[str, xarray.Dataset]) -> Allocation:
    """Take the best instance at each kurtosis.

    Args:
        datasets: {"sweep": a sweep of the quadratic model over kurtosis and seed}.
    """
    best = best_of(datasets["sweep"], datasets["sweep"]["loss"].isel(step=-1)).sortby("kurtosis")
    decay = store.config_of(best)["model.importance_decay"]
    return Allocation(
        kurtosis=best["kurtosis"].to_numpy().astype(float),
        values=float(decay) ** np.arange(best.sizes["feature"]),
        W=best["W"].transpose("kurtosis", "feature", "hidden").to_numpy().astype(float),
        loss=best["best_loss"].to_numpy().astype(float),
        fragile=fragile_of(best),
    )
