"""One array in NumPy's format, never larger than the bytes that are there for it."""

import math
from collections.abc import Callable
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

NUMBERS = "biuf"
"""Kinds of dtypes that are real numbers, or bools."""


def read_array(
    file: IO[bytes],
    n_bytes: int,
    kinds: str,
    empty: Callable[[tuple[int, ...], np.dtype], np.ndarray] = np.empty,
) -> np.ndarray:
    """Read an array that fills its file, into its own place, so that it is never in memory twice.

    Args:
        file: at its beginning.
        n_bytes: that it has in all.
        kinds: of dtypes that are expected, such as "biuf".
        empty: (shape, dtype) -> an array to be filled.

    Raises:
        ValueError: it is of another kind, or not as large as it says.
    """
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(file)
    wanted = math.prod(shape) * dtype.itemsize
    if (
        dtype.kind not in kinds
        or dtype.hasobject
        or not dtype.itemsize
        or min(shape, default=0) < 0
    ):
        raise ValueError(f"{dtype} of shape {shape}")
    if wanted != n_bytes - file.tell():
        raise ValueError(f"{n_bytes - file.tell()} bytes for {dtype} of shape {shape}")
    found = empty(shape[::-1] if fortran else shape, dtype)
    memory: Any = memoryview(found.reshape(-1).view(np.uint8).data)
    while memory:
        count = file.readinto(memory)  # pyright: ignore[reportAttributeAccessIssue]
        if not count:
            raise ValueError("ends early")
        memory = memory[count:]
    return found.T if fortran else found
