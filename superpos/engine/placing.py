"""Assets on devices: one buffer for all devices of a CPU, a copy for each of any others."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from superpos.engine.assets import aligned
from superpos.memory import nbytes, out_of_memory_as

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
    size = f"assets of {nbytes(dict(assets)) / 2**30:.3g} GiB"
    with out_of_memory_as(f"{size} do not fit into the memory of a device"):
        return {device: jax.device_put(seen, device) for device in devices}


def _as_seen(array: np.ndarray) -> np.ndarray:
    dtype = jax.dtypes.canonicalize_dtype(array.dtype)
    if dtype == array.dtype:
        return array
    converted = aligned(array.shape, dtype)
    converted[...] = array
    return converted


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
