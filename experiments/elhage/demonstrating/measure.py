"""The best linear model and the best ReLU model at each density."""

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray

from superpos import metrics
from superpos.store.best import fragile_of
from superpos.train import best_of


class Models(NamedTuple):
    """The best of the instances at each density, from the densest to the sparsest.

    Attributes:
        density: p, (n_densities,).
        W: its weights, (n_densities, n_features, n_hidden).
        b: its biases, (n_densities, n_features).
        fragile: where it is sensitive to rounding, bool (n_densities,); None when not checked.
    """

    density: np.ndarray
    W: np.ndarray
    b: np.ndarray
    fragile: np.ndarray | None = None

    @property
    def interference(self) -> np.ndarray:
        """How much other features take of the direction of each, (n_densities, n_features)."""
        return np.asarray(metrics.interference(jnp.asarray(self.W)))


class Pair(NamedTuple):
    """Models of the same sizes, with ReLU and without."""

    relu: Models
    linear: Models


def measure(datasets: Mapping[str, xarray.Dataset]) -> Pair:
    """Take the best instance at each density.

    Args:
        datasets: {"relu": ..., "linear": ...}, sweeps over density and seed.
    """
    return Pair(*(_models_of(datasets[name]) for name in Pair._fields))


def _models_of(dataset: xarray.Dataset) -> Models:
    best = best_of(dataset, dataset["loss"].isel(step=-1)).sortby("density", ascending=False)
    return Models(
        *(best[name].to_numpy().astype(np.float64) for name in ("density", "W", "b")),
        fragile=fragile_of(best),
    )
