"""Independent sparse features.

Source: Elhage et al. 2022, Toy Models of Superposition, "Demonstrating Superposition" (x_i is 0
with probability S = 1 - density, else uniform on [0, 1]).
"""

import jax.numpy as jnp

from superpos.arguments import Count, Density, factory
from superpos.random import uniform_columns, uniform_rows
from superpos.types import Array, Batch, Key, Source, Words


@factory
def sparse_uniform(*, n_features: Count, density: Density) -> Source:
    """Independent features, each uniform on (0, 1] with probability `density`, else exactly 0.

    Args:
        n_features: number of features, >= 1.
        density: probability that a feature is non-zero, in (0, 1]; S = 1 - density in the paper.

    Returns:
        A Source whose batches have inputs, targets and factors (batch, n_features), float32, all
        three equal.

    Raises:
        ArgumentError: a value is out of range.
    """

    def sample(key: Key, batch_size: int) -> Batch:
        # One draw per feature: u is uniform, so given u <= density, u / density is uniform too.
        # Features lead and the batch is last, where the compiler vectorises it.
        values = sparse(uniform_rows(key, (n_features, batch_size))).T
        return Batch(inputs=values, targets=values, factors=values)

    def columns(words: Words, batch_size: int) -> tuple[list[Array], list[Array]]:
        values = [sparse(u) for u in uniform_columns(words, (n_features, batch_size))]
        return values, values

    def sparse(u: Array) -> Array:
        return jnp.where(u <= density, u / density, 0.0)

    return Source(sample, columns)
