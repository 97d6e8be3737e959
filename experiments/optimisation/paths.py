"""What solvers have in common: the answers that they would give after each step.

A solver is a function (c, start, key) -> the answers that it would give after 0, 1, 2, ... steps.
"""

from collections.abc import Callable
from typing import Annotated, Any

import jax
import jax.numpy as jnp

from experiments.optimisation.families import Family
from superpos.arguments import Interval
from superpos.types import Array, Key

Solver = Callable[[Array, Array, Key], Array]
"""c (n_features,), start (n,), key -> answers (n_steps + 1, n)."""
Doublings = Annotated[int, Interval("[1, 16]")]
"""Budgets 0, 1, 2, 4, ... steps, of which the largest is 2^(doublings - 1), 32,768 at most."""


def path_of(step: Callable[[Array, Any], Array], start: Array, each: Any) -> Array:
    """A start and what follows it, (n + 1, n_unknowns)."""

    def body(x: Array, of_step: Any) -> tuple[Array, Array]:
        x = step(x, of_step)
        return x, x

    return jnp.concatenate([start[None], jax.lax.scan(body, start, each)[1]])


def best_so_far(family: Family, c: Array, path: Array) -> Array:
    """Of each step, the best answer up to it, of the shape of the path."""

    def keep(best: tuple[Array, Array], x: Array) -> tuple[tuple[Array, Array], Array]:
        value = family.value(c, x)
        better = value < best[0]
        kept = jnp.where(better, x, best[1])
        return (jnp.where(better, value, best[0]), kept), kept

    return jax.lax.scan(keep, (jnp.array(jnp.inf), path[0]), path)[1]
