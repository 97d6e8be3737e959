"""How much the results of each optimiser vary over bases and over seeds."""

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray

from superpos import metrics


class Spread(NamedTuple):
    """How much an optimiser's results vary.

    Attributes:
        gram: root mean square deviation of entries of the final Gram matrix, over bases within a
            seed, and over seeds.
        dimensionality: the same of D_i.
        by_seed: of the Gram matrix over bases, for each seed, (n_seeds,).
        kurtosis: mean over features and bases of the kurtosis of a row of W, for each seed,
            (n_seeds,).
    """

    gram: tuple[float, float]
    dimensionality: tuple[float, float]
    by_seed: np.ndarray
    kurtosis: np.ndarray


class Noise(NamedTuple):
    """What is measured of all optimisers.

    Attributes:
        spreads: optimiser -> how much its results vary.
        n_hidden: columns of W.
    """

    spreads: Mapping[str, Spread]
    n_hidden: int


def measure(datasets: Mapping[str, xarray.Dataset]) -> Noise:
    """Take the spreads of each optimiser.

    Args:
        datasets: {"sgd": ..., "adam": ..., "row_adam": ...}, sweeps over the basis of the start
            (`draw`) and the seed.
    """
    return Noise(
        spreads={name: spread_of(weights_of(dataset)) for name, dataset in datasets.items()},
        n_hidden=next(iter(datasets.values())).sizes["hidden"],
    )


def weights_of(dataset: xarray.Dataset) -> np.ndarray:
    """Final W of all runs, (n_seeds, n_bases, n_features, n_hidden), float64."""
    ordered = dataset["W"].transpose("seed", "draw", "feature", "hidden")
    return ordered.to_numpy().astype(float)


def spread_of(W: np.ndarray) -> Spread:
    """Spreads of runs, W (n_seeds, n_bases, n_features, n_hidden)."""
    gram = W @ W.swapaxes(-1, -2)
    dimensionality = np.asarray(metrics.feature_dimensionality(jnp.asarray(W)), float)
    return Spread(
        gram=_spreads(gram),
        dimensionality=_spreads(dimensionality),
        by_seed=_deviation(gram, 1, (1, 2, 3)),
        kurtosis=kurtosis_of(W).mean(axis=(1, 2)),
    )


def kurtosis_of(W: np.ndarray) -> np.ndarray:
    """Mean fourth power of a row's entries over the squared mean square: 1 to n_hidden."""
    fourth, second = (W**4).mean(-1), (W**2).mean(-1)
    return fourth / np.where(second > 0, second, 1) ** 2


def isotropic(n_hidden: int) -> float:
    """Expected kurtosis of a uniformly random direction."""
    return 3 * n_hidden / (n_hidden + 2)


def _deviation(values: np.ndarray, over: int, mean: tuple[int, ...]) -> np.ndarray:
    """Root mean square of what is left without the mean over an axis."""
    return np.sqrt(np.square(values - values.mean(over, keepdims=True)).mean(mean))


def _spreads(values: np.ndarray) -> tuple[float, float]:
    """Over bases within a seed, and over seeds in the first basis."""
    everything = tuple(range(values.ndim))
    over_seeds = _deviation(values[:, :1], 0, everything)
    return float(_deviation(values, 1, everything)), float(over_seeds)
