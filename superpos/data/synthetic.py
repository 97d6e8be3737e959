"""The features of SynthSAEBench: frequent and rare ones, in trees, correlated, of many sizes.

Source: SynthSAEBench (arXiv 2602.14687), with the definitions of SAELens 6.54.12. Its random
matrices are other draws than SAELens' of the same seed.
"""

import functools
from typing import Annotated

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtri

from superpos import random
from superpos.arguments import (
    ArgumentError,
    Count,
    CountOrZero,
    Density,
    Interval,
    Seed,
    factory,
)
from superpos.data.forest import corrected, level_widths, with_parents
from superpos.data.patterns import reconstructed
from superpos.data.source import stateless
from superpos.random import uniform_rows
from superpos.types import Array, Batch, Key, Scalar, Source, vectors

FixedPositive = Annotated[float, Interval("(0, inf)")]
FixedNonNegative = Annotated[float, Interval("[0, inf)")]
MOST_SHARED = 0.99
"""Of the variance of the normal variable of a feature, at the most."""


@factory
def synthetic(
    *,
    n_features: Count,
    n_roots: CountOrZero = 128,
    branching: Count = 4,
    depth: CountOrZero = 3,
    largest_density: Density = 0.4,
    least_density: Density = 5e-4,
    density_power: FixedPositive = 0.5,
    rank: Count = 25,
    correlation_scale: FixedNonNegative = 0.1,
    first_mean: FixedPositive = 5.0,
    last_mean: FixedPositive = 4.0,
    std_mean: FixedNonNegative = 0.5,
    std_spread: FixedNonNegative = 0.5,
    structure_seed: Seed = 42,
) -> Source:
    """Features of a Zipf law, of which the first are in trees.

    A feature is on where a normal variable is below its quantile, the variables are correlated by
    factors of low rank, and its value is then the positive part of a normal one. Children are
    scaled by their parents and exclude one another (`data.forest`). The defaults are the published
    ones, for n_features 16384: 34 are on together. With 1024 features and 8 roots about 7.3 are.

    Args:
        n_features: number of features, >= 1; at least those of the trees.
        n_roots: trees, >= 0, of the first features in order of their level.
        branching: children of a feature, >= 1.
        depth: levels below the roots, >= 0.
        largest_density: that the first feature is meant to have, in (0, 1].
        least_density: that of the last one, in (0, 1].
        density_power: the densities between fall as (i + 1)^-density_power, > 0.
        rank: columns of the random factors of the correlations, >= 1.
        correlation_scale: standard deviation of their entries, >= 0.
        first_mean: mean value of the first feature where it is on, before it is cut at 0, > 0.
        last_mean: of the last feature; linear between.
        std_mean: the standard deviation of a feature's values is the size of a normal variable of
            this mean, >= 0,
        std_spread: and of this standard deviation, >= 0.
        structure_seed: seed of the factors and of those deviations.

    Returns:
        A Source whose batches have inputs, targets and factors (batch, n_features), float32, all
        three equal, each >= 0.

    Raises:
        ArgumentError: a value is out of range, or the trees have more features than there are.
    """
    widths = level_widths(n_roots, branching, depth)
    if sum(widths) > n_features:
        raise ArgumentError(f"n_features={n_features}: expected the {sum(widths)} of trees or more")
    means = first_mean + (last_mean - first_mean) * jnp.linspace(0.0, 1.0, n_features)
    densities = zipf(n_features, density_power, largest_density, least_density)

    @functools.partial(jax.jit, static_argnums=1)  # one program, where it is called on its own
    def sample(key: Key, batch_size: int) -> Batch:
        keys = jax.random.split(key, 4)
        key_factors, key_stds = jax.random.split(random.key(structure_seed))
        loadings = factors_of(key_factors, (n_features, rank), correlation_scale)
        shared = jax.random.normal(keys[0], (rank, batch_size), jnp.float32)
        rest = jnp.sqrt(1 - jnp.sum(jnp.square(loadings), axis=1))
        quantiles = ndtri(corrected(densities, widths, branching))
        stds = jax.random.normal(key_stds, (n_features,), jnp.float32)
        stds = jnp.abs(std_mean + std_spread * stds)
        own, sizes = normals(
            keys[1:3], jnp.stack([-quantiles, means]), jnp.stack([rest, stds]), batch_size
        )
        on = loadings @ shared + own <= 0
        values = jnp.where(on, jnp.maximum(sizes, 0.0), 0.0)
        if n_roots and depth:
            turns = uniform_rows(keys[3], (sum(widths[:-1]), batch_size))
            values = with_parents(values, turns, means, widths, branching)
        return reconstructed(values.astype(jnp.float32))

    return stateless(sample, gives=vectors(n_features))


def zipf(n_features: int, power: Scalar, largest: Scalar, least: Scalar) -> Array:
    """A power law that is scaled and shifted to end where it should, float32 (n_features,)."""
    falling = jnp.exp(-power * jnp.log(jnp.arange(1, n_features + 1, dtype=jnp.float32)))
    last = falling[-1]
    share = (falling - last) / jnp.where(last < 1, 1 - last, 1.0)
    return least + (largest - least) * (share if n_features > 1 else jnp.ones(1, jnp.float32))


def normals(keys: Key, means: Array, stds: Array, batch_size: int) -> Array:
    """Normal numbers of each feature, several times, in a loop over the times.

    Left to itself, the compiler would fuse a draw into all that reads it, and draw anew in each;
    and so with what it takes to make means and standard deviations. On a CPU it has no regard for
    `jax.lax.optimization_barrier`.

    Args:
        keys: (n_times,), two or more.
        means: (n_times, n_features).
        stds: standard deviations, (n_times, n_features).
        batch_size: examples.

    Returns:
        (n_times, n_features, batch_size).
    """

    def drawn(each: tuple[Key, Array, Array]) -> Array:
        key, mean, std = each
        unit = jax.random.normal(key, (mean.size, batch_size), jnp.float32)
        return mean[:, None] + std[:, None] * unit

    return jax.lax.map(drawn, (keys, means, stds))


def factors_of(key: Key, shape: tuple[int, int], scale: Scalar) -> Array:
    """Normal factors, float32; a row of more than MOST_SHARED is scaled down to that."""
    factors = scale * jax.random.normal(key, shape, jnp.float32)
    squares = jnp.sum(jnp.square(factors), axis=1, keepdims=True)
    over = jnp.maximum(squares / MOST_SHARED, 1.0)
    return factors / jnp.sqrt(over)
