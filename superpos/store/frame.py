"""Arrays as bytes: an npz behind a line with the kind of file, its format, its name and a SHA-256.

What is read may come from a stranger, checksum and all. So it is only what `framed` writes: arrays
that are not compressed, and none larger than the bytes that are there for it.
"""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from superpos.store import npy

FORMAT = 1
MOST_ARRAYS = 10_000
_KINDS = npy.NUMBERS + "cSUV"
"""Kinds of dtypes that are kept: numbers and texts; V is bfloat16 and its like."""
_ENTRY = b"PK\x01\x02"
"""With this begins what a zip says of each of its files."""


def framed(magic: bytes, name: str, arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays as the content of a file.

    Args:
        magic: the kind of file.
        name: of the file, which the SHA-256 covers too.
        arrays: of numbers or texts, at most MOST_ARRAYS.
    """
    buffer = io.BytesIO()
    named: dict[str, Any] = {**arrays}
    np.savez(buffer, allow_pickle=False, **named)
    payload = buffer.getvalue()
    return _frame(magic, name, payload) + b"\n" + payload


def unframed(magic: bytes, name: str, data: bytes) -> dict[str, np.ndarray] | None:
    """The arrays that `framed` was given; None when anything is not as it was written."""
    frame, _, payload = data.partition(b"\n")
    if frame != _frame(magic, name, payload) or payload.count(_ENTRY) > MOST_ARRAYS:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            return _arrays(archive, len(payload))
    except Exception:  # a file can be wrong in any way
        return None


def _frame(magic: bytes, name: str, payload: bytes) -> bytes:
    digest = hashlib.sha256(name.encode() + payload).hexdigest()
    return b" ".join([magic, str(FORMAT).encode(), name.encode(), digest.encode()])


def _arrays(archive: zipfile.ZipFile, n_bytes: int) -> dict[str, np.ndarray]:
    """All arrays; none is compressed, and no two share their name or their bytes.

    Raises:
        ValueError: they are not as `framed` writes them.
    """
    entries = archive.infolist()
    stored = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries)
    if not stored or sum(entry.file_size for entry in entries) > n_bytes:
        raise ValueError("compressed, or larger than the file")
    if len({entry.filename for entry in entries}) < len(entries):
        raise ValueError("a name appears twice")
    found = {}
    for entry in entries:
        with archive.open(entry) as file:
            name = entry.filename.removesuffix(".npy")
            found[name] = npy.read_array(file, entry.file_size, _KINDS)
    return found
