"""A term that is computed where it is needed, and only there."""

import jax
import jax.numpy as jnp
import numpy as np

from superpos.saes.lazily import where_needed
from superpos.types import Array

PARTS = jnp.array([[3.0, 1.0, 2.0], [2.0, 5.0, 4.0]])
GIVEN = jnp.array([1.0, 10.0, 100.0])


def weighted(parts: Array, given: Array) -> Array:
    """Sorting is what no compiler makes a part of something else."""
    return jnp.sum(jnp.sort(parts) * given)


def found(needed: Array, parts: Array) -> tuple[Array, Array]:
    return jax.vmap(
        jax.value_and_grad(lambda parts, needed: where_needed(needed, weighted, parts, GIVEN))
    )(parts, needed)


def test_value_and_gradient_are_those_of_members_that_need_it() -> None:
    value, gradient = jax.jit(found)(jnp.array([False, True]), PARTS)
    np.testing.assert_array_equal(value, [0, 542])
    np.testing.assert_array_equal(gradient, [[0, 0, 0], [1, 100, 10]])


def test_nothing_is_computed_before_it_is_asked_whether_it_is_needed() -> None:
    """The compiler would take what does not change out of the loop, and sort in any case."""
    text = jax.jit(found).lower(jnp.array([False, True]), PARTS).compile().as_text() or ""
    before, main = text.split("ENTRY ")
    assert " while(" in main and " sort(" in before and " sort(" not in main
