"""Arrays in NumPy's formats, never larger than the bytes that are there for them."""

import math
import zipfile
from collections.abc import Callable
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

NUMBERS = "biuf"
"""Kinds of dtypes that are real numbers, or bools."""
MOST_ARRAYS = 10_000

Empty = Callable[[tuple[int, ...], np.dtype], np.ndarray]
"""(shape, dtype) -> an array to be filled."""


class InflatedError(ValueError):
    """Arrays that are larger than their file says they can be, as part of a line."""


def read_array(
    file: IO[bytes],
    n_bytes: int,
    kinds: str,
    empty: Empty = np.empty,
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


def read_arrays(
    file: IO[bytes], n_bytes: int, kinds: str, empty: Empty = np.empty, *, inflated: int = 0
) -> dict[str, np.ndarray]:
    """Read the arrays of an npz; no two share their name or their bytes.

    Args:
        file: at its beginning.
        n_bytes: that it has in all.
        kinds: of dtypes that are expected.
        empty: as of `read_array`.
        inflated: bytes that the arrays may have more than the file, where they are compressed; at
            0 none is.

    Returns:
        Name -> array.

    Raises:
        InflatedError: they are larger than that.
        Exception: it is no such file, which can be wrong in any way.
    """
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        if len({entry.filename for entry in entries}) < len(entries) or len(entries) > MOST_ARRAYS:
            raise ValueError("a name appears twice, or too many")
        if sum(entry.compress_size for entry in entries) > n_bytes:
            raise ValueError("two arrays share their bytes")
        plain = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries)
        total = sum(entry.file_size for entry in entries)
        if total > n_bytes + inflated or not (plain or inflated):
            raise InflatedError(f"{total:,} bytes compressed into {n_bytes:,}")
        found = {}
        for entry in entries:
            with archive.open(entry) as part:
                name = entry.filename.removesuffix(".npy")
                found[name] = read_array(part, entry.file_size, kinds, empty)
        return found
