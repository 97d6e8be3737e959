"""Whether an optimiser treats each parameter alone, found out by trying."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun

from superpos.train.scalars import scalars_of
from superpos.types import Array, Params

ERRORS = (AttributeError, IndexError, TypeError, ValueError, AssertionError)
"""What an optimiser may raise that does not expect scalars."""


def is_elementwise(tx: optax.GradientTransformation, params: Params, opt_state: Any) -> bool:
    """Whether an optimiser does to arrays what it does to their elements one by one.

    One update of made-up numbers must be the same with scalars instead of arrays, and one element
    of each array must come out the same when all others are nan. A number that the optimiser
    closes over may be a tracer; 0.5 stands in for it.

    Args:
        tx: the optimiser.
        params: the parameters; only shapes and dtypes matter, here and below.
        opt_state: the optimiser's state.

    Returns:
        True where both hold, as for adam, adamw and sgd; False for a global norm, a projection or
        an update that goes by the number of dimensions.
    """

    def update(grads: Params, opt_state: Any, params: Params) -> tuple[list[Array], list[Array]]:
        whole = tx.update(grads, opt_state, params)
        apart = tx.update(scalars_of(grads), scalars_of(opt_state), scalars_of(params))
        return jax.tree.leaves(whole), jax.tree.leaves(apart)

    shapes = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), (params, opt_state, params)
    )
    try:
        traced, (whole, _) = jax.make_jaxpr(update, return_shape=True)(*shapes)
    except ERRORS:
        return False
    with jax.ensure_compile_time_eval():
        constants = [_stand_in(constant) for constant in traced.consts]
        run = jax.jit(jaxpr_as_fun(ClosedJaxpr(traced.jaxpr, constants)))
        clean = jax.device_get(run(*_numbers(shapes, tainted=False)))
        tainted = jax.device_get(run(*_numbers(shapes, tainted=True)))
    n = len(whole)
    return _equal([np.ravel(a) for a in clean[:n]], clean[n:]) and _equal(
        [_middle(a) for a in clean[:n]], [_middle(a) for a in tainted[:n]]
    )


def _stand_in(constant: Any) -> Array:
    value = 0.5 if jnp.issubdtype(constant.dtype, jnp.inexact) else 1
    return jnp.full(constant.shape, value, constant.dtype)


def _numbers(shapes: Any, *, tainted: bool) -> Iterator[np.ndarray]:
    """An array for each shape: numbers of about 1, or the middle one of them and else nan."""
    rng = np.random.default_rng(0)
    for leaf in jax.tree.leaves(shapes):
        numbers = rng.uniform(0.5, 1.5, leaf.shape).astype(leaf.dtype)
        if tainted and jnp.issubdtype(leaf.dtype, jnp.inexact):
            middle = numbers.size // 2
            numbers = np.where(np.arange(numbers.size) == middle, numbers.ravel(), np.nan)
            numbers = numbers.reshape(leaf.shape).astype(leaf.dtype)
        yield numbers


def _middle(array: np.ndarray) -> Any:
    return np.ravel(array)[array.size // 2]


def _equal(some: list[Any], others: list[Any]) -> bool:
    """Whether the same numbers follow each other, to rounding."""
    first, second = np.hstack(some), np.hstack(others)
    return first.shape == second.shape and bool(np.allclose(first, second, rtol=1e-5, atol=0))
