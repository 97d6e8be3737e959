"""Sets of features that come together, and sets of which one comes at a time.

Source: Elhage et al. 2022, Toy Models of Superposition, "The Geometry of Superposition",
"Non-Uniform Superposition" (correlated and anticorrelated features).
"""

import jax.numpy as jnp

from superpos.arguments import Count, Density, factory
from superpos.data.patterns import batch_of, check_sets, one_member
from superpos.data.source import stateless
from superpos.random import uniform_rows
from superpos.types import Batch, Key, Magnitude, Source, vectors


@factory
def correlated_sets(
    *, n_features: Count, set_size: Count, density: Density, magnitude: Magnitude | None = None
) -> Source:
    """Sets of features that are all on, with probability `density`, or all exactly 0.

    Args:
        n_features: number of features, >= 1; those of a set follow each other.
        set_size: features in a set, a divisor of n_features.
        density: probability that a set is on, and so each of its features, in (0, 1].
        magnitude: distribution of a feature that is on, independent of the others in its set; None
            is uniform on [0, 1].

    Returns:
        A Source whose batches have inputs, targets and factors (batch, n_features), float32, all
        three equal. Two uniform features of a set have covariance p/4 - p²/4.

    Raises:
        ArgumentError: a value is out of range, or the sets do not make up the features.
    """
    check_sets(n_features, set_size)
    n_sets = n_features // set_size

    def sample(key: Key, batch_size: int) -> Batch:
        u = uniform_rows(key, (n_sets + n_features, batch_size))
        on = jnp.repeat(u[:n_sets] <= density, set_size, axis=0)
        return batch_of(on, u[n_sets:], magnitude)

    return stateless(sample, gives=vectors(n_features))


@factory
def anticorrelated_sets(
    *, n_features: Count, set_size: Count, density: Density, magnitude: Magnitude | None = None
) -> Source:
    """Sets of features of which exactly one is on, with probability `density`, or none.

    Args:
        n_features: number of features, >= 1; those of a set follow each other.
        set_size: features in a set, a divisor of n_features.
        density: probability that a set is on, in (0, 1]; a feature has density / set_size.
        magnitude: distribution of a feature that is on; None is uniform on [0, 1].

    Returns:
        A Source whose batches have inputs, targets and factors (batch, n_features), float32, all
        three equal. Two uniform features of a set have covariance -(p / set_size)² / 4.

    Raises:
        ArgumentError: a value is out of range, or the sets do not make up the features.
    """
    check_sets(n_features, set_size)
    n_sets = n_features // set_size

    def sample(key: Key, batch_size: int) -> Batch:
        u = uniform_rows(key, (2 * n_sets, batch_size))
        on = one_member(u[:n_sets], density, set_size)
        # One value a set is enough, as at most one of its features has it.
        return batch_of(on, jnp.repeat(u[n_sets:], set_size, axis=0), magnitude)

    return stateless(sample, gives=vectors(n_features))
