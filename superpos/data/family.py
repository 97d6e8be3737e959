"""A parent and its children, each with a probability of its own, with the parent and without it.

Source: Chanin, Dulka & Garriga-Alonso 2025, Feature Hedging (arXiv 2505.11756), the toy models.
"""

from typing import Annotated

import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, Density, Fraction, Interval, factory
from superpos.data.patterns import batch_of
from superpos.data.source import stateless
from superpos.random import uniform_rows
from superpos.types import Batch, Key, Magnitude, Scalars, Source, vectors

Fractions = Annotated[Scalars, Interval("[0, 1]")]


@factory
def family(
    *,
    n_features: Count,
    density: Density,
    with_parent: Fractions,
    without_parent: Fraction = 0.0,
    magnitude: Magnitude | None = None,
) -> Source:
    """The first feature is the parent; the others are on with it, or without it, independently.

    Args:
        n_features: number of features, >= 2.
        density: probability that the parent is on, in (0, 1].
        with_parent: probability of each child where the parent is on, n_features - 1 numbers in
            [0, 1].
        without_parent: probability of every child where the parent is off, in [0, 1]; 0 is a
            hierarchy.
        magnitude: distribution of a feature that is on; None is uniform on [0, 1].

    Returns:
        A Source whose batches have inputs, targets and factors (batch, n_features), float32, all
        three equal.

    Raises:
        ArgumentError: a value is out of range, or there is another number of children.
    """
    if len(with_parent) != n_features - 1:
        raise ArgumentError(
            f"with_parent has {len(with_parent)} values: expected n_features - 1 = {n_features - 1}"
        )

    def sample(key: Key, batch_size: int) -> Batch:
        u = uniform_rows(key, (2 * n_features, batch_size))
        parent = u[:1] <= density
        shares = jnp.stack([jnp.float32(share) for share in with_parent])[:, None]
        children = u[1:n_features] < jnp.where(parent, shares, without_parent)
        return batch_of(jnp.concatenate([parent, children]), u[n_features:], magnitude)

    return stateless(sample, gives=vectors(n_features))
