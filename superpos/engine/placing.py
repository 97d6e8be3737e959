"""Assets on devices: one buffer for all devices of a CPU, a copy for each of any others."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from superpos.engine.assets import aligned

Placed = Mapping[Any, Any]
"""Device -> name -> a tree of its arrays."""


def placed(assets: Mapping[str, Any], devices: Sequence[Any]) -> Placed:
    """Put assets where they are read.

    A NumPy array whose memory begins at a multiple of 64 bytes is not copied on a CPU; one of a
    dtype that a program does not see, such as float64, is converted once.

    Args:
        assets: name -> a tree of NumPy arrays.
        devices: that read them.

    Raises:
        MemoryError: a device does not hold them; one line.
    """
    seen = jax.tree.map(_as_seen, dict(assets))
    try:
        return {device: jax.device_put(seen, device) for device in devices}
    except jax.errors.JaxRuntimeError as error:
        if not is_out_of_memory(error):
            raise
        text = f"assets of {nbytes(assets) / 2**30:.3g} GiB do not fit into the memory of a device"
        raise MemoryError(text) from None


def _as_seen(array: np.ndarray) -> np.ndarray:
    dtype = jax.dtypes.canonicalize_dtype(array.dtype)
    if dtype == array.dtype:
        return array
    converted = aligned(array.shape, dtype)
    converted[...] = array
    return converted


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether XLA gave up for want of memory."""
    return isinstance(error, jax.errors.JaxRuntimeError) and "RESOURCE_EXHAUSTED" in str(error)


def nbytes(arrays: Any) -> int:
    """Bytes of all arrays of a tree, or of what has their shapes."""
    leaves = jax.tree.leaves(arrays)
    return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in leaves)


def shapes_of(assets: Mapping[str, Any]) -> dict[str, Any]:
    """Shapes and dtypes, on which a program depends."""
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, jax.dtypes.canonicalize_dtype(leaf.dtype)),
        dict(assets),
    )


def named_shapes(assets: Mapping[str, Any]) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """The same as something that can be compared."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(dict(assets)):
        yield jax.tree_util.keystr(path), leaf.shape, str(leaf.dtype)
