"""What feeds the neurons at each density."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.elhage.neurons import active, monosemantic
from superpos.store.best import fragile_of
from superpos.train import best_of


class Neurons(NamedTuple):
    """What feeds the neurons at each density, from the densest to the sparsest.

    Attributes:
        density: p, (n_densities,).
        W: W_in of the best instance, (n_densities, n_features, n_hidden).
        every: W_in of all instances, (n_densities, n_instances, n_features, n_hidden).
        fragile: where the best instance is sensitive to rounding, bool (n_densities,); None when
            not checked.
    """

    density: np.ndarray
    W: np.ndarray
    every: np.ndarray
    fragile: np.ndarray | None


def measure(datasets: Mapping[str, xarray.Dataset]) -> Neurons:
    """Take the best instance at each density, and all.

    Args:
        datasets: {"sweep": a sweep over density and seed with n = 100, m = 40}.
    """
    dataset = datasets["sweep"]
    best = best_of(dataset, dataset["loss"].isel(step=-1)).sortby("density", ascending=False)
    every = dataset.sortby("density", ascending=False)["W_in"].transpose("density", "seed", ...)
    return Neurons(
        density=best["density"].to_numpy(),
        W=best["W_in"].to_numpy().astype(np.float64),
        every=every.to_numpy().astype(np.float64),
        fragile=fragile_of(best),
    )


def share_of_one(W: np.ndarray) -> np.ndarray:
    """The part of the neurons in use that one feature feeds, of W_in (..., n, m); nan for none."""
    in_use = active(W).sum(-1)
    return np.where(in_use > 0, monosemantic(W).sum(-1) / np.maximum(in_use, 1), np.nan)
