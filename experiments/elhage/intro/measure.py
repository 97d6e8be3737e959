"""The best model at each density."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.elhage.geometry import represented
from superpos.store.best import fragile_of
from superpos.train import best_of


class Geometries(NamedTuple):
    """The best of the instances at each density, from the densest to the sparsest.

    Attributes:
        density: p, (n_densities,).
        W: its weights, (n_densities, 5, 2).
        b: its biases, (n_densities, 5).
        loss: its loss on fresh data at the end, (n_densities,).
        fragile: where it is sensitive to rounding, bool (n_densities,); None when not checked.
    """

    density: np.ndarray
    W: np.ndarray
    b: np.ndarray
    loss: np.ndarray
    fragile: np.ndarray | None

    @property
    def n_represented(self) -> np.ndarray:
        """How many features are represented, (n_densities,)."""
        return represented(self.W).sum(-1)


def measure(datasets: Mapping[str, xarray.Dataset]) -> Geometries:
    """Take the best instance at each density.

    Args:
        datasets: {"sweep": a sweep over density and seed with n = 5, m = 2}.
    """
    dataset = datasets["sweep"]
    best = best_of(dataset, dataset["loss"].isel(step=-1)).sortby("density", ascending=False)
    return Geometries(
        density=best["density"].to_numpy(),
        W=best["W"].to_numpy().astype(float),
        b=best["b"].to_numpy(),
        loss=best["loss"].isel(step=-1).to_numpy(),
        fragile=fragile_of(best),
    )
