"""Weights of each size, and the neurons that stand for several features in them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray

from superpos.train import store

BOUNDS = 0.8, 1.2
"""A neuron stands for a feature when the size of its weight is between these."""
START, TRAINED, DESCENT = "start", "trained", "descent"
"""The variants: where the widest models begin, models of each number of neurons, and the widest
trained by plain gradient descent."""


class Ends(NamedTuple):
    """Where models began and ended.

    Attributes:
        start: W, (instances, n, m).
        end: W of the same instances, (instances, n, m).
    """

    start: np.ndarray
    end: np.ndarray


class Weights(NamedTuple):
    """Weights of the instances that finished.

    Attributes:
        trained: W for each number of neurons m, from the fewest up, (instances, n, m).
        widest: the last of them, with where they began.
        descent: those trained by plain gradient descent.
    """

    trained: Sequence[np.ndarray]
    widest: Ends
    descent: Ends


def measure(datasets: Mapping[str, xarray.Dataset]) -> Weights:
    """Take the weights of each size without what they are padded with.

    Args:
        datasets: {"start": the widest models, not trained, over seed; "trained": over n_hidden
            and seed; "descent": the widest models over some of the seeds}.
    """
    whole, start = datasets[TRAINED], datasets[START]
    each = [
        weights(whole.sel(n_hidden=m).isel(hidden=slice(m))) for m in whole["n_hidden"].to_numpy()
    ]
    widest = whole.sel(n_hidden=whole["n_hidden"].to_numpy().max())
    both = (ends(start, widest), ends(start, datasets[DESCENT]))
    return Weights([W for W in each if len(W)], *both)


def ends(start: xarray.Dataset, trained: xarray.Dataset) -> Ends:
    """Where the finished instances of one size began and ended; of those whose start is known."""
    alike = start.sizes["hidden"] == trained.sizes["hidden"]
    known = alike & np.isin(trained["seed"], start["seed"])
    trained = trained.isel(seed=known & store.finished(trained).to_numpy())
    return Ends(weights(start.sel(seed=trained["seed"].to_numpy())), weights(trained))


def weights(dataset: xarray.Dataset) -> np.ndarray:
    """W of the finished instances of one size, (instances, n, m), float64."""
    finished = store.finished(dataset).to_numpy()
    return dataset["W"].transpose("seed", "feature", "hidden").to_numpy()[finished].astype(float)


def stands(W: np.ndarray) -> np.ndarray:
    """Whether a neuron stands for a feature: W (..., n, m) -> bool (..., n, m)."""
    low, high = BOUNDS
    return (np.abs(W) >= low) & (np.abs(W) <= high)


def polysemantic(W: np.ndarray) -> np.ndarray:
    """Neurons that stand for two features or more: W (..., n, m) -> (...)."""
    return (stands(W).sum(-2) >= 2).sum(-1)


def expected(trained: Sequence[np.ndarray]) -> np.ndarray:
    """n²/(4m) for each W (instances, n, m), (sizes,)."""
    return np.array([W.shape[-2] ** 2 / (4 * W.shape[-1]) for W in trained])
