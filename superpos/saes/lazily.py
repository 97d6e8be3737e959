"""A differentiable term that is computed only where it is needed."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from superpos.types import Array


def where_needed(needed: Array, term: Callable[..., Array], parts: Any, given: Any) -> Array:
    """A term of a loss, or 0 where it is not needed.

    `lax.cond` computes both branches once it is mapped. Here value and gradient are found together
    in a loop of no or one pass, which is left out where no member needs it.

    Args:
        needed: whether it is, bool ().
        term: (parts, given) -> ().
        parts: a tree of floating arrays; gradients go to these alone.
        given: a tree of what else is read; no gradient goes through it.

    Returns:
        The term, ().
    """

    def computed(parts: Any, given: Any) -> tuple[Array, Any]:
        found, whole = jax.value_and_grad(term), (parts, given)
        shapes = jax.eval_shape(found, parts, given)
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)

        def once(loop: tuple[Array, Any]) -> tuple[Array, Any]:
            # What does not depend on the loop the compiler would compute before it, needed or not.
            read = jax.tree.map(lambda leaf: jnp.where(loop[0], leaf, jnp.zeros_like(leaf)), whole)
            return jnp.bool_(False), found(*read)

        _, result = jax.lax.while_loop(lambda loop: loop[0], once, (needed, zeros))
        return result

    @jax.custom_vjp
    def value(parts: Any, given: Any) -> Array:
        return computed(parts, given)[0]

    def backward(gradient: Any, cotangent: Array) -> tuple[Any, None]:
        return jax.tree.map(lambda leaf: (cotangent * leaf).astype(leaf.dtype), gradient), None

    value.defvjp(computed, backward)
    return value(parts, given)
