"""The true directions of the features of a sweep, by which its models are judged afterwards."""

import functools

import numpy as np
import xarray

from superpos import assets
from superpos.arguments import ArgumentError
from superpos.train import store
from superpos.types import Asset

SEED = 42
"""Of all directions that the experiments here draw; it is the default of the asset."""


def drawn_directions(
    dataset: xarray.Dataset, n_steps: int = 0, *, features: str = "data.data.data.n_features"
) -> np.ndarray:
    """The asset `directions` of a sweep, made anew: normal directions, maybe pushed apart.

    Args:
        dataset: a sweep over `embedded` data with that asset.
        n_steps: how long they were pushed apart, at the asset's own rate.
        features: key of the config that says how many there are.

    Returns:
        float32 (n_features, n_inputs), rows of norm 1.

    Raises:
        ArgumentError: the sweep was given others; one line.
    """
    config = store.config_of(dataset)
    n_inputs = config["data.n_features"]
    n_features = config[features]
    made = _made(n_features, n_inputs, n_steps)
    if made.digest != config["assets.directions"]:
        raise ArgumentError(
            f"assets.directions: expected {n_features} of seed {SEED} with n_steps={n_steps}"
        )
    return np.asarray(made.arrays)


@functools.lru_cache(maxsize=4)
def _made(n_features: int, n_inputs: int, n_steps: int) -> Asset:
    return assets.orthogonalised(
        n_features=n_features, n_inputs=n_inputs, seed=SEED, n_steps=n_steps
    )
