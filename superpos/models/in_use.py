"""Models of which a part is in use, so that models of several shapes are members of one program.

The part is the first features and the first hidden dimensions. It starts with the numbers that a
model of that size starts with; all that is not in use is 0 and stays out of every sum, so that its
gradients are 0 as well.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from superpos.arguments import within
from superpos.types import Array, Params, Scalar, Scalars


def sizes_in_use(
    n_used: Scalar | None, n_features: int, width: Scalar | None, n_hidden: int
) -> tuple[Scalar, Scalar] | None:
    """How many features and hidden dimensions are in use.

    Args:
        n_used: features, at least 1; None is all.
        n_features: how many there are.
        width: hidden dimensions, at least 1; None is all.
        n_hidden: how many there are.

    Returns:
        Both, or None where all are in use.

    Raises:
        ArgumentError: more are in use than there are; one line.
    """
    if n_used is None and width is None:
        return None
    features = _size("n_used", n_used, "n_features", n_features)
    return features, _size("width", width, "n_hidden", n_hidden)


def _size(name: str, in_use: Scalar | None, whole: str, size: int) -> Scalar:
    if in_use is None:
        return size
    within(in_use, name, size, f"{whole}={size}")
    return jnp.asarray(in_use).astype(jnp.int32)


def sizes_of(zeros: Callable[[], Params], in_use: tuple[Scalar, Scalar] | None) -> Params | None:
    """The sizes in use of matrices (n_features, n_hidden) and vectors (n_features,).

    Args:
        zeros: makes parameters of such arrays.
        in_use: features and hidden dimensions; None is all.

    Returns:
        A tuple in place of each array; None where all is in use.
    """
    if in_use is None:
        return None
    return jax.tree.map(lambda leaf: in_use[: leaf.ndim], jax.eval_shape(zeros))


def first(array: Array, sizes: Scalars) -> Array:
    """An array that is 0 but for the first entries along each dimension.

    Args:
        array: of any shape.
        sizes: how many entries are in use along each dimension, from the first on.
    """
    inside = jnp.bool_(True)
    for axis, size in enumerate(sizes):
        places = jax.lax.broadcasted_iota(jnp.int32, array.shape, axis)
        inside &= places < size
    return jnp.where(inside, array, jnp.zeros((), array.dtype))


def leading(values: Array, in_use: tuple[Scalar, Scalar] | None) -> Array:
    """Features of a batch (batch, n_features), leading; those that are not in use are 0."""
    return values.T if in_use is None else first(values.T, in_use[:1])


def part_in_use(params: Params, sizes: Params | None) -> Params:
    """Parameters that are 0 where they are not in use.

    Args:
        params: of a model.
        sizes: the sizes in use of each array, in place of it; None is all.
    """
    return params if sizes is None else jax.tree.map(first, params, sizes)
