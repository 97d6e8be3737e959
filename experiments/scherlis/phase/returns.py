"""Marginal returns on capacity: the loss that a model can have at each capacity of a feature.

Where returns increase all the way one feature takes the neuron, and where they diminish both share
it (the figure of losses against capacity).

A trained model has one capacity only. What the loss is at others is measured on the way: gradient
descent soon finds the best size of the weights for the direction that they have, and then moves
along the curve. In each bin of capacity the model nearest to the curve of `theory` counts.
"""

from typing import NamedTuple

import numpy as np
import xarray

from experiments.scherlis import theory
from superpos.train import store

N_BINS = 20
SHARED = 0.01
"""Both features are represented where each has at least this capacity."""


class Returns(NamedTuple):
    """Models on the way, at each kurtosis from the smallest up.

    Attributes:
        kurtosis: κ, (k,).
        ratio: v2 / v1.
        capacity: of the more important feature in the model that counts in each bin, nan where no
            model came by, (k, N_BINS).
        loss: of the same models, (k, N_BINS).
        excess: their loss over the least at their capacity, less 1, (k, N_BINS).
        final: capacity of the more important feature in the best model at the end, (k,).
    """

    kurtosis: np.ndarray
    ratio: float
    capacity: np.ndarray
    loss: np.ndarray
    excess: np.ndarray
    final: np.ndarray


def measure_returns(dataset: xarray.Dataset) -> Returns:
    """The models that count, of a sweep of two features and one neuron over kurtosis and seed."""
    dataset = dataset.sortby("kurtosis").transpose("kurtosis", "seed", "step", ...)
    ratio = float(store.config_of(dataset)["model.importance_decay"])
    kurtosis = dataset["kurtosis"].to_numpy().astype(float)
    C = dataset["feature_dimensionality"].isel(feature=0).to_numpy().astype(float)
    loss = dataset["loss"].where(store.finished(dataset), np.inf).to_numpy().astype(float)
    rows = [_nearest(*row, ratio) for row in zip(kurtosis, C, loss, strict=True)]
    best = loss[..., -1].argmin(-1)
    return Returns(kurtosis, ratio, *np.stack(rows, axis=1), final=C[np.arange(len(C)), best, -1])


def slope_at_one(returns: Returns) -> np.ndarray:
    """Slope of the measured loss over the last bins that were met, (k,); nan for less than two."""
    slopes = np.full(len(returns.kurtosis), np.nan)
    for row, (C, loss) in enumerate(zip(returns.capacity, returns.loss, strict=True)):
        met = np.flatnonzero(~np.isnan(C))
        if len(met) > 1:
            last, before = met[-1], met[-2]
            slopes[row] = (loss[last] - loss[before]) / (C[last] - C[before])
    return slopes


def _nearest(kurtosis: float, C: np.ndarray, loss: np.ndarray, ratio: float) -> np.ndarray:
    """Capacity, loss and excess of the model that counts in each bin, (3, N_BINS)."""
    excess = loss / theory.shared_neuron_loss(C, ratio=ratio, kurtosis=kurtosis) - 1
    bins = np.minimum((C * N_BINS).astype(int), N_BINS - 1)
    found = np.full((3, N_BINS), np.nan)
    for number in np.unique(bins):
        at = np.unravel_index(np.where(bins == number, excess, np.inf).argmin(), C.shape)
        found[:, number] = C[at], loss[at], excess[at]
    return found
