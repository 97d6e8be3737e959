"""Features correlated by a random matrix, by pairs: some not at all, the others of either sign.

Source: Chanin & Garriga-Alonso 2025, Sparse but Wrong (arXiv 2508.16560), the large toy model, with
the definitions of SAELens 6.11.1 (`generate_random_correlation_matrix`).
"""

from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtri

from superpos.arguments import (
    ArgumentError,
    Count,
    Densities,
    Density,
    Interval,
    NonNegative,
    Seed,
    factory,
)
from superpos.data.patterns import batch_of, check_densities, feature_densities
from superpos.data.source import stateless
from superpos.random import uniform_rows
from superpos.types import Batch, Key, Magnitude, Source, vectors

Share = Annotated[float, Interval("[0, 1]")]
LEAST_EIGENVALUE = 1e-6


@factory
def random_copula(
    *,
    n_features: Count,
    density: Density,
    densities: Densities | None = None,
    density_power: NonNegative = 0.0,
    least: Share = 0.3,
    most: Share = 0.9,
    uncorrelated: Share = 0.3,
    positive: Share = 0.5,
    matrix_seed: Seed = 0,
    magnitude: Magnitude | None = None,
) -> Source:
    """Feature i is on where a normal z_i is below its quantile, and pairs of z_i are correlated.

    A pair has none with probability `uncorrelated`, else one of size between `least` and `most`.
    Where that is no matrix of correlations, its eigenvalues are cut off at 1e-6 and its diagonal is
    scaled to 1, which changes all of them.

    Args:
        n_features: number of features, >= 1.
        density: probability that a feature is non-zero, in (0, 1].
        densities: relative density of each feature, n_features numbers in (0, 1] that multiply
            `density`. None is all ones.
        density_power: feature i has its density times (i + 1)^-density_power, >= 0.
        least: size of a correlation, in [0, 1].
        most: likewise, at least `least`.
        uncorrelated: probability that a pair has none, in [0, 1].
        positive: probability that one is positive, in [0, 1].
        matrix_seed: seed of the matrix.
        magnitude: distribution of a feature that is on, independent of all else; None is uniform
            on [0, 1].

    Returns:
        A Source whose batches have inputs, targets and factors (batch, n_features), float32, all
        three equal.

    Raises:
        ArgumentError: a value is out of range, or a density is too small for float32.
    """
    law = (density, densities, density_power)
    check_densities(n_features, *law)
    if most < least:
        raise ArgumentError(f"most={most}: expected at least least={least}")
    matrix = random_correlations(
        matrix_seed, n_features, (least, most), uncorrelated=uncorrelated, positive=positive
    )
    factors = factors_of(matrix)

    def sample(key: Key, batch_size: int) -> Batch:
        key_normal, key_value = jax.random.split(key)
        normal = jax.random.normal(key_normal, (n_features, batch_size), jnp.float32)
        z = jnp.matmul(factors, normal, precision=jax.lax.Precision.HIGHEST)
        on = z <= ndtri(feature_densities(n_features, *law))
        return batch_of(on, uniform_rows(key_value, (n_features, batch_size)), magnitude)

    return stateless(sample, gives=vectors(n_features))


def random_correlations(
    seed: int, n: int, sizes: tuple[float, float], *, uncorrelated: float, positive: float
) -> np.ndarray:
    """A matrix of correlations, float64 (n, n)."""
    rng = np.random.default_rng(seed)
    above = np.triu_indices(n, 1)
    count = len(above[0])
    values = rng.uniform(*sizes, size=count) * np.where(rng.uniform(size=count) < positive, 1, -1)
    matrix = np.zeros((n, n))
    matrix[above] = np.where(rng.uniform(size=count) >= uncorrelated, values, 0.0)
    matrix += matrix.T + np.eye(n)
    eigenvalues, vectors = np.linalg.eigh(matrix)
    if eigenvalues[0] >= -LEAST_EIGENVALUE:
        return matrix
    cut = (vectors * np.maximum(eigenvalues, LEAST_EIGENVALUE)) @ vectors.T
    scale = np.sqrt(np.diagonal(cut))
    return cut / np.outer(scale, scale)


def factors_of(matrix: np.ndarray) -> np.ndarray:
    """A square root of a matrix, float32 (n, n): matrix = F Fᵀ, where it has no negative part."""
    eigenvalues, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(eigenvalues, 0.0))).astype(np.float32)
