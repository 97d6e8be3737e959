"""Intervals for means over latents of several transformers, both of which are samples."""

from typing import NamedTuple

import numpy as np

N_DRAWS = 2000
LEVEL = 0.95


class Interval(NamedTuple):
    """A mean, and where it may be: the middle 95 % of its bootstrap distribution."""

    mean: float
    low: float
    high: float


def interval(values: np.ndarray, *, seed: int = 0) -> Interval:
    """Of the mean of means: transformers are drawn with replacement, and in each its latents.

    Args:
        values: (transformers, latents); nan is left out.
        seed: of the draws.

    Returns:
        The interval; nan where a transformer has no value.
    """
    return _quantiles(means(values).mean(), _draws(values, seed))


def difference(first: np.ndarray, second: np.ndarray, *, seed: int = 0) -> Interval:
    """Of the mean of `first` less that of `second`, the same transformers in both."""
    apart = _draws(first, seed) - _draws(second, seed, of_latents=1)
    mean = means(first).mean() - means(second).mean()
    return _quantiles(mean, apart)


def means(values: np.ndarray) -> np.ndarray:
    """The mean over latents of each transformer, without nan; nan where there is none."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _draws(values: np.ndarray, seed: int, *, of_latents: int = 0) -> np.ndarray:
    """Means of bootstrap samples, (N_DRAWS,); transformers are drawn alike for a seed."""
    chosen = np.random.default_rng([seed, 2]).integers(len(values), size=(N_DRAWS, len(values)))
    rng = np.random.default_rng([seed, of_latents])
    found = np.empty((N_DRAWS, len(values)))
    for number, row in enumerate(values):
        known = row[np.isfinite(row)]
        at = chosen == number
        if not known.size:
            found[at] = np.nan
            continue
        found[at] = known[rng.integers(known.size, size=(at.sum(), known.size))].mean(axis=-1)
    return found.mean(axis=-1)


def _quantiles(mean: float, draws: np.ndarray) -> Interval:
    if not np.isfinite(mean):
        return Interval(np.nan, np.nan, np.nan)
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(mean), float(low), float(high))
