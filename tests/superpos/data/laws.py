"""What the tests of sources share: samples of fixed seeds, and p-values against known laws.

A test passes always or never. A correct sampler with a random seed would fail a comparison of a
p-value with LEVEL with that probability.
"""

from collections.abc import Callable

import jax
import numpy as np
import scipy

from superpos.data import draw
from superpos.types import Source

LEVEL = 2e-7
SEED = 20_221


def drawn(source: Source, n_examples: int, seed: int = SEED) -> np.ndarray:
    """Examples of a source, float64 (n_examples, n_features), after what holds for every one."""
    batch = draw(source, jax.random.key(seed), n_examples)
    for values in (batch.inputs, batch.targets, batch.factors):
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, batch.inputs)
    return np.asarray(batch.inputs, np.float64)


def small_draws(build: Callable[..., Source]) -> Callable[..., np.ndarray]:
    """64 examples as a function of the seed and the numbers of a source, compiled once."""

    @jax.jit
    def examples(seed: int, **numbers: float) -> jax.Array:
        return draw(build(**numbers), jax.random.key(seed), 64).inputs

    return lambda seed, **numbers: np.asarray(examples(np.uint32(seed), **numbers), np.float64)


def mean_is(values: np.ndarray, mean: float, variance: float) -> bool:
    """Whether the mean of independent values of known mean and variance is as it should be."""
    z = (values.mean() - mean) / np.sqrt(variance / values.size)
    return bool(2 * scipy.stats.norm.sf(abs(z)) > LEVEL)


def rate_is(events: np.ndarray, probability: float) -> bool:
    """Whether independent events happen with a known probability."""
    count = int(np.count_nonzero(events))
    return bool(scipy.stats.binomtest(count, events.size, min(probability, 1.0)).pvalue > LEVEL)


def is_uniform(values: np.ndarray, low: float = 0.0, high: float = 1.0) -> bool:
    """Whether values are uniform between two ends."""
    return bool(scipy.stats.kstest(values, "uniform", (low, high - low)).pvalue > LEVEL)
