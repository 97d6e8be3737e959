"""A stream of problems of a family, with their best answers, and others that are held out."""

import jax
import jax.numpy as jnp

from experiments.optimisation.families import FAMILIES, FamilyName, unknowns_of
from superpos import random
from superpos.arguments import Count, factory
from superpos.data.source import stateless
from superpos.types import Array, Batch, Key, Source, vectors

TEST_SEED = 2**32 - 1
"""Of the problems that are held out; those that are trained on derive from the seed of a member."""


@factory
def problems(
    *,
    n_features: Count,
    family: FamilyName = "quadratics",
    n_held_out: Count = 256,
) -> Source:
    """Problems and their best answers.

    Args:
        n_features: numbers of a problem: n (n + 3) / 2 of quadratics of n unknowns, n (n - 1) / 2
            of cuts of n vertices, n <= 12, and 4 n of n wells, 2 <= n <= 16.
        family: of `experiments.optimisation.families`.
        n_held_out: problems of each of the family's three distributions that are held out, >= 1.

    Returns:
        A Source of inputs (batch, n_features) and targets (batch, n), float32; factors are
        (batch, 0). It holds out 3 n_held_out problems, distribution by distribution.

    Raises:
        ArgumentError: a value is out of range, or n_features is that of no problem.
    """
    kind = FAMILIES[family]
    n = unknowns_of(kind, family, n_features)

    def sample(key: Key, batch_size: int) -> Batch:
        keys = jax.random.split(key, batch_size)
        inputs = jax.vmap(lambda key: kind.sample(key, 0, n_features))(keys)
        targets = jax.vmap(kind.solution)(inputs)
        return Batch(inputs=inputs, targets=targets, factors=jnp.zeros((batch_size, 0)))

    source = stateless(sample, gives=vectors(n_features, n))
    return source._replace(held_out=held_out_problems(family, n_features, n_held_out))


def held_out_problems(family: FamilyName, n_features: int, n_held_out: int) -> Array:
    """So many problems of each distribution of a family, (3 n_held_out, n_features)."""
    kind = FAMILIES[family]
    shifts = jnp.repeat(jnp.arange(len(kind.shifts)), n_held_out)
    keys = jax.random.split(random.key(TEST_SEED), len(shifts))
    return jax.vmap(lambda key, shift: kind.sample(key, shift, n_features))(keys, shifts)
