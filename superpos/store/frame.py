"""Arrays as bytes: an npz behind a line with the kind of file, its format, its name and a SHA-256.

What is read may come from a stranger, checksum and all. So it is only what `framed` writes: arrays
that are not compressed, and none larger than the bytes that are there for it.
"""

import hashlib
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from superpos.store import npy

FORMAT = 1
_KINDS = npy.NUMBERS + "cSUV"
"""Kinds of dtypes that are kept: numbers and texts; V is bfloat16 and its like."""
_ENTRY = b"PK\x01\x02"
"""With this begins what a zip says of each of its files."""


def framed(magic: bytes, name: str, arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays as the content of a file.

    Args:
        magic: the kind of file.
        name: of the file, which the SHA-256 covers too.
        arrays: of numbers or texts, at most npy.MOST_ARRAYS.
    """
    buffer = io.BytesIO()
    named: dict[str, Any] = {**arrays}
    np.savez(buffer, allow_pickle=False, **named)
    payload = buffer.getbuffer()
    return b"".join([_frame(magic, name, payload), b"\n", payload])


def unframed(magic: bytes, name: str, data: bytes) -> dict[str, np.ndarray] | None:
    """The arrays that `framed` was given; None when anything is not as it was written."""
    begin = data.find(b"\n") + 1
    payload = memoryview(data)[begin:]  # which copies nothing
    frame = _frame(magic, name, payload) + b"\n"
    if data[:begin] != frame or data.count(_ENTRY, begin) > npy.MOST_ARRAYS:
        return None
    try:
        return npy.read_arrays(io.BytesIO(payload), len(payload), _KINDS)
    except Exception:  # a file can be wrong in any way
        return None


def _frame(magic: bytes, name: str, payload: memoryview) -> bytes:
    digest = hashlib.sha256(name.encode())
    digest.update(payload)
    return b" ".join([magic, str(FORMAT).encode(), name.encode(), digest.hexdigest().encode()])
