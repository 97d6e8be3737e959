"""Correlated features by a Gaussian copula: any densities, and correlations of any low rank.

Source: Sharkey, Braun & Millidge 2022, Taking Features out of Superposition with Sparse
Autoencoders, data of the interim report (on and off by a thresholded Gaussian); a low rank as in
SynthSAEBench (arXiv 2602.14687).
"""

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtri

from superpos.arguments import (
    Correlation,
    Count,
    Densities,
    Density,
    MaybeCount,
    NonNegative,
    Seed,
    factory,
)
from superpos.data.patterns import batch_of, check_densities, feature_densities
from superpos.data.source import stateless
from superpos.random import uniform_rows
from superpos.types import Array, Batch, Key, Magnitude, Source, vectors


@factory
def gaussian_copula(
    *,
    n_features: Count,
    density: Density,
    densities: Densities | None = None,
    density_power: NonNegative = 0.0,
    correlation: Correlation,
    rank: MaybeCount = None,
    loadings_seed: Seed = 0,
    magnitude: Magnitude | None = None,
) -> Source:
    """Feature i is on where a normal z_i is below its quantile, and the z_i are correlated.

    z = sqrt(correlation) Λ g + sqrt(1 - correlation) e with independent normal g and e and rows of
    Λ of norm 1, so corr(z_i, z_j) = correlation · Λ_i·Λ_j, and each feature has its own density
    exactly.

    Args:
        n_features: number of features, >= 1.
        density: probability that a feature is non-zero, in (0, 1].
        densities: relative density of each feature, n_features numbers in (0, 1] that multiply
            `density`. None is all ones.
        density_power: feature i has its density times (i + 1)^-density_power, >= 0.
        correlation: how much of z is shared, in [0, 1).
        rank: columns of Λ, whose rows are random directions; None is one column of ones, by which
            every two z have the same correlation.
        loadings_seed: seed of the random directions.
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

    def sample(key: Key, batch_size: int) -> Batch:
        key_shared, key_own, key_value = jax.random.split(key, 3)
        loadings = _loadings(n_features, rank, loadings_seed)
        shared = jax.random.normal(key_shared, (loadings.shape[1], batch_size), jnp.float32)
        own = jax.random.normal(key_own, (n_features, batch_size), jnp.float32)
        z = jnp.sqrt(correlation) * (loadings @ shared) + jnp.sqrt(1 - correlation) * own
        on = z <= ndtri(feature_densities(n_features, *law))
        return batch_of(on, uniform_rows(key_value, (n_features, batch_size)), magnitude)

    return stateless(sample, gives=vectors(n_features))


def _loadings(n_features: int, rank: int | None, seed: int) -> Array:
    """Rows of norm 1, float32 (n_features, rank)."""
    if rank is None:
        return jnp.ones((n_features, 1), jnp.float32)
    directions = jax.random.normal(jax.random.key(seed), (n_features, rank), jnp.float32)
    return directions / jnp.linalg.norm(directions, axis=1, keepdims=True)
