"""Results of runs that follow a law, as a sweep would have stored them."""

import json
from collections.abc import Callable

import numpy as np
import xarray

N_FEATURES, N_HIDDEN, BATCH = 4, 2, 8
FLOPS = 6.0 * N_FEATURES * (N_HIDDEN + 1) * BATCH
"""Of an update."""


def stored(
    loss: Callable[[np.ndarray], np.ndarray], steps: np.ndarray, n_seeds: int = 4, noise: float = 0
) -> xarray.Dataset:
    """A sweep over seeds whose loss is a function of FLOPs, but for a factor of noise."""
    factors = 1 + noise * np.random.default_rng(0).standard_normal((n_seeds, len(steps)))
    losses = loss(FLOPS * steps) * factors
    return xarray.Dataset(
        {
            "loss": (("seed", "step"), losses),
            "loss_standard_error": (("seed", "step"), noise * losses),
            "W": (("seed", "feature", "hidden"), np.zeros((n_seeds, N_FEATURES, N_HIDDEN))),
            "status": ("seed", ["ok"] * n_seeds),
        },
        coords={"step": steps, "seed": range(n_seeds)},
        attrs={"config": json.dumps({"fit.batch_size": BATCH})},
    )
