"""How far the learned function depends on the scales of units, and at what loss."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from superpos.train import store

N_INPUTS = 2000
"""At which functions are compared."""


class Rescaled(NamedTuple):
    """What is measured of each optimiser by the spread of the scales.

    Attributes:
        spreads: of the logarithms of the scales, (n_spreads,).
        noise: optimiser -> spread of the learned function over draws as a share of it,
            (n_seeds, n_spreads).
        losses: optimiser -> mean final loss over draws, (n_seeds, n_spreads).
    """

    spreads: np.ndarray
    noise: Mapping[str, np.ndarray]
    losses: Mapping[str, np.ndarray]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Rescaled:
    """Take the functions and the losses of all runs.

    Args:
        datasets: {"sgd": ..., "adam": ..., "balanced": ...}, sweeps over the spread of the scales
            (`spread`), the draw of them (`draw`) and the seed.
    """
    return Rescaled(
        spreads=datasets["sgd"]["spread"].to_numpy(),
        noise={name: noise_of(dataset) for name, dataset in datasets.items()},
        losses={name: final_loss(dataset) for name, dataset in datasets.items()},
    )


def noise_of(dataset: xarray.Dataset) -> np.ndarray:
    """Spread of the learned function over draws as a share of it, (n_seeds, n_spreads)."""
    order = ("seed", "spread", "draw", ...)
    W_in, W_out, b = (
        dataset[name].transpose(*order).to_numpy().astype(float) for name in ("W_in", "W_out", "b")
    )
    density = store.config_of(dataset)["data.density"]
    outputs = outputs_of(W_in, W_out, b, common_inputs(dataset.sizes["feature"], density))
    left = np.square(outputs - outputs.mean(2, keepdims=True)).mean((2, 3, 4))
    return np.sqrt(left / np.square(outputs).mean((2, 3, 4)))


def common_inputs(n_features: int, density: float) -> np.ndarray:
    """Inputs at which functions are compared, as the models were trained on, (N_INPUTS, n)."""
    rng = np.random.default_rng(0)
    shape = (N_INPUTS, n_features)
    return rng.uniform(size=shape) * (rng.uniform(size=shape) < density)


def outputs_of(W_in: np.ndarray, W_out: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    """What networks return: matrices (..., n, m), b (..., n), x (batch, n) -> (..., batch, n)."""
    code = np.maximum(x @ W_in, 0)
    return np.maximum(code @ W_out.swapaxes(-1, -2) + b[..., None, :], 0)


def final_loss(dataset: xarray.Dataset) -> np.ndarray:
    """Mean final loss over draws, (n_seeds, n_spreads)."""
    last = dataset["loss"].isel(step=-1).mean("draw")
    return last.transpose("seed", "spread").to_numpy().astype(float)
