"""The model of the lowest loss at each density."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from superpos.store.best import fragile_of
from superpos.train import best_of


class Models(NamedTuple):
    """The best of the restarts at each density, from the densest to the sparsest.

    Attributes:
        density: p, (n_densities,).
        W: its weights, (n_densities, n_features, n_hidden).
        n_restarts: models trained at each density.
        fragile: where it is sensitive to rounding, bool (n_densities,); None when not checked.
    """

    density: np.ndarray
    W: np.ndarray
    n_restarts: int
    fragile: np.ndarray | None = None


def measure(datasets: Mapping[str, xarray.Dataset]) -> Models:
    """Take the best restart at each density.

    Args:
        datasets: {"sweep": a sweep over density and seed with n = 10, m = 5}.
    """
    dataset = datasets["sweep"]
    best = best_of(dataset, dataset["loss"].isel(step=-1)).sortby("density", ascending=False)
    return Models(
        density=best["density"].to_numpy(),
        W=best["W"].to_numpy().astype(np.float64),
        n_restarts=dataset.sizes["seed"],
        fragile=fragile_of(best),
    )
