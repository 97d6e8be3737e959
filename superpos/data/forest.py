"""Trees of features in order of their level, and what a parent makes of its children.

Source: SynthSAEBench (arXiv 2602.14687), with the definitions of SAELens 6.54.12.
"""

import jax.numpy as jnp

from superpos.types import Array


def level_widths(n_roots: int, branching: int, depth: int) -> list[int]:
    """Features of each level, roots first."""
    return [n_roots * branching**level for level in range(depth + 1)]


def level_starts(widths: list[int]) -> list[int]:
    """The first feature of each level."""
    return [sum(widths[:level]) for level in range(len(widths))]


def corrected(densities: Array, widths: list[int], branching: int) -> Array:
    """Probabilities that make up, about, for parents that are off and siblings that win.

    A child's is p / p_parent · (1 + Σ_siblings p / p_parent), at most 1; the sum is how many
    siblings come with it, so that the result is exact to first order.

    Args:
        densities: that each feature is meant to have, (n_features,); those behind the trees stay.
        widths: of the levels.
        branching: children of each feature that has some.

    Returns:
        (n_features,).
    """
    parts, starts = [densities[: widths[0]]], level_starts(widths)
    for level in range(1, len(widths)):
        parent = densities[starts[level - 1] :][: widths[level - 1], None]
        own = densities[starts[level] :][: widths[level]].reshape(-1, branching)
        siblings = jnp.sum(own, axis=1, keepdims=True) - own
        parts.append((own / parent * (1 + siblings / parent)).reshape(-1))
    return jnp.minimum(jnp.concatenate([*parts, densities[sum(widths) :]]), 1.0)


def with_parents(
    values: Array, turns: Array, means: Array, widths: list[int], branching: int
) -> Array:
    """Children scaled by their parents, of which one of those that are on stays.

    Level by level: a child is multiplied by its parent's value over that one's mean, so it is off
    where the parent is, and of the children of a parent that are on one wins, each equally likely.

    Args:
        values: as they are drawn independently, each >= 0, (n_features, batch).
        turns: a uniform for each parent, on [0, 1], (n_parents, batch).
        means: of values that are on, (n_features,).
        widths: of the levels.
        branching: children of each parent.

    Returns:
        (n_features, batch); features behind the trees stay.
    """
    levels, starts, n_parents = [values[: widths[0]]], level_starts(widths), 0
    for level in range(1, len(widths)):
        count, first = widths[level - 1], starts[level]
        scale = levels[-1] / means[starts[level - 1] :][:count, None]
        own = values[first : first + widths[level]].reshape(count, branching, -1)
        own = own * scale[:, None]
        levels.append(_winner(own, turns[n_parents : n_parents + count]).reshape(widths[level], -1))
        n_parents += count
    return jnp.concatenate([*levels, values[sum(widths) :]])


def _winner(children: Array, turns: Array) -> Array:
    """Zero for all but one of those that are on: (n_parents, branching, batch)."""
    on = children > 0
    n_on = jnp.sum(on, axis=1, dtype=jnp.int32)
    chosen = jnp.minimum(jnp.floor(turns * n_on).astype(jnp.int32), n_on - 1)
    number = jnp.cumsum(on, axis=1, dtype=jnp.int32) - 1
    return jnp.where(on & (number == chosen[:, None]), children, 0.0)
