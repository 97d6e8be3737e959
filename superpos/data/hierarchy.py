"""Hierarchies: a child is on only where its parent is.

Source: Chanin et al. 2024, A is for Absorption (arXiv 2409.14507), the toy model of a parent and
a child; trees of features with exclusive siblings, and children scaled by their parents, as in
SynthSAEBench (arXiv 2602.14687).
"""

import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, CountOrZero, Density, factory
from superpos.data.forest import level_starts, level_widths
from superpos.data.patterns import one_member, reconstructed
from superpos.data.source import stateless
from superpos.random import uniform_rows
from superpos.types import Array, Batch, Key, Magnitude, Source, vectors


@factory
def hierarchy(
    *,
    n_features: Count,
    density: Density,
    child_density: Density,
    branching: Count,
    depth: CountOrZero,
    exclusive: bool,
    scale_by_parent: bool,
    magnitude: Magnitude | None = None,
) -> Source:
    """Trees of features, in order of their level: the roots, all their children, and so on.

    With R roots, feature k of a level is the parent of features k·branching up to
    (k + 1)·branching of the next.

    Args:
        n_features: number of features, >= 1, a multiple of the 1 + branching + ... +
            branching^depth features of a tree.
        density: probability that a root is on, in (0, 1].
        child_density: given that their parent is on, the probability of each child, or, with
            `exclusive`, of one of them, each equally likely; in (0, 1].
        branching: children of a feature, >= 1.
        depth: levels below the roots, >= 0.
        exclusive: at most one child of a feature is on; otherwise each for itself.
        scale_by_parent: a child's value is multiplied by its parent's.
        magnitude: distribution of a feature that is on, before it is scaled; None is uniform on
            [0, 1].

    Returns:
        A Source whose batches have inputs, targets and factors (batch, n_features), float32, all
        three equal.

    Raises:
        ArgumentError: a value is out of range, or the trees do not make up the features.
    """
    widths = _widths(n_features, branching, depth)

    def sample(key: Key, batch_size: int) -> Batch:
        u = uniform_rows(key, (2 * n_features, batch_size))
        values = u[n_features:] if magnitude is None else magnitude(u[n_features:])
        first, levels = widths[0], []
        on, scale = u[:first] <= density, jnp.float32(1.0)
        for start, width in zip(level_starts(widths), widths, strict=True):
            if start:
                on = jnp.repeat(on, branching, axis=0) & children(u[start : start + width])
                scale = jnp.repeat(levels[-1], branching, axis=0) if scale_by_parent else scale
            levels.append(jnp.where(on, scale * values[start : start + width], 0.0))
        return reconstructed(jnp.concatenate(levels))

    def children(u: Array) -> Array:
        if exclusive:
            return one_member(u[::branching], child_density, branching)
        return u <= child_density

    return stateless(sample, gives=vectors(n_features))


def _widths(n_features: int, branching: int, depth: int) -> list[int]:
    """Features of each level."""
    levels = [1]
    while len(levels) <= depth and sum(levels) <= n_features:
        levels.append(levels[-1] * branching)
    if len(levels) <= depth or n_features % sum(levels):
        raise ArgumentError(
            f"n_features={n_features}: expected a multiple of the features of a tree,"
            f" branching={branching} and depth={depth}"
        )
    return level_widths(n_features // sum(levels), branching, depth)
