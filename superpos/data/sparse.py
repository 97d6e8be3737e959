"""Independent sparse features.

Source: Elhage et al. 2022, Toy Models of Superposition, "Demonstrating Superposition" (x_i is 0
with probability S = 1 - density, else uniform on [0, 1]) and "The Geometry of Superposition",
"Non-Uniform Superposition" (one feature of another density); a power law of densities as in Liu,
Liu & Gore 2025, Superposition Yields Robust Neural Scaling (arXiv 2505.10465).
"""

import jax.numpy as jnp
import numpy as np

from superpos.arguments import (
    Count,
    Densities,
    Density,
    MaybeAtLeastOne,
    MaybePositive,
    NonNegative,
    factory,
    within,
)
from superpos.data.patterns import (
    check_densities,
    feature_densities,
    feature_density,
    reconstructed,
    scale_to,
)
from superpos.data.source import stateless
from superpos.random import uniform_columns, uniform_rows
from superpos.types import Array, Batch, Key, KeyData, Magnitude, Scalar, Source, vectors


@factory
def sparse_uniform(
    *,
    n_features: Count,
    n_used: MaybeAtLeastOne = None,
    density: Density,
    densities: Densities | None = None,
    density_power: NonNegative = 0.0,
    n_active: MaybePositive = None,
    magnitude: Magnitude | None = None,
) -> Source:
    """Independent features, each uniform on (0, 1] with its density, else exactly 0.

    Args:
        n_features: number of features, >= 1.
        n_used: features in use, the first of them, in [1, n_features]; the others are 0. A fraction
            is dropped. None is all.
        density: probability that a feature is non-zero, in (0, 1]; S = 1 - density in the paper.
        densities: relative density of each feature, n_features numbers in (0, 1] that multiply
            `density`. None is all ones.
        density_power: feature i has its density times (i + 1)^-density_power, >= 0.
        n_active: features in use that are on, on average, above 0: `density` is the number that
            makes it so, whatever is given. None takes `density`.
        magnitude: another distribution of a feature that is on; None is uniform on (0, 1].

    Returns:
        A Source whose batches have inputs, targets and factors (batch, n_features), float32, all
        three equal.

    Raises:
        ArgumentError: a value is out of range, or a density is above 1 or too small for float32.
    """
    used = n_features if n_used is None else n_used
    within(used, "n_used", n_features, f"n_features={n_features}")
    if n_active is not None:
        density = scale_to(n_active, used, n_features, densities, density_power)
    law = (density, densities, density_power)
    check_densities(n_features, *law)

    def sample(key: Key, batch_size: int) -> Batch:
        # One draw per feature: u is uniform, so given u <= p, u / p is uniform too.
        # Features lead and the batch is last, where the compiler vectorises it.
        u = uniform_rows(key, (n_features, batch_size))
        number = np.arange(n_features)[:, None]
        return reconstructed(sparse(u, feature_densities(n_features, *law), number))

    def columns(words: KeyData, batch_size: int) -> tuple[list[Array], list[Array]]:
        draws = enumerate(uniform_columns(words, (n_features, batch_size)))
        values = [sparse(u, feature_density(i, *law), i) for i, u in draws]
        return values, values

    def sparse(u: Array, p: Scalar, number: int | np.ndarray) -> Array:
        values, on = u / p, u <= p
        if n_used is not None:
            on &= number < jnp.floor(n_used)
        return jnp.where(on, values if magnitude is None else magnitude(values), 0.0)

    return stateless(sample, columns, vectors(n_features))
