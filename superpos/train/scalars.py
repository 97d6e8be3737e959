"""Trees of arrays as trees of scalars, for a kernel that keeps a run in registers."""

from typing import Any

import jax
import numpy as np


def scalars_of(tree: Any) -> Any:
    """Take every array of a tree apart.

    Args:
        tree: of arrays, or of references to arrays in the memory of a kernel.

    Returns:
        The tree with a scalar instead of an array of no dimensions, and instead of any other array
        nested lists of scalars, of which the first index is the outermost.
    """
    return jax.tree.map(lambda array: _nested(array, ()), tree)


def shapes_of_scalars(tree: Any) -> Any:
    """What `scalars_of` returns, as shapes and dtypes, for a tree of anything that has these."""
    arrays = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), tree)
    return jax.eval_shape(scalars_of, arrays)


def places_of(array: Any) -> list[tuple[int, ...]]:
    """The index of each element of an array, in the order of the leaves of its `scalars_of`."""
    return list(np.ndindex(array.shape))


def _nested(array: Any, place: tuple[int, ...]) -> Any:
    if len(place) == len(array.shape):
        return array[place]
    return [_nested(array, (*place, index)) for index in range(array.shape[len(place)])]
