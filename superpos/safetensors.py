"""Files of safetensors: arrays by name, and nothing that could run.

Eight bytes say how long a header is, a JSON of each array's dtype, shape and place; then come the
numbers. Source: github.com/huggingface/safetensors, "Format".
"""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError

DTYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": jnp.bfloat16}
MOST_HEADER = 100_000_000
"""Bytes, of the format."""


def written(arrays: Mapping[str, np.ndarray]) -> bytes:
    """A file of arrays, in float32."""
    header: dict[str, Any] = {}
    numbers = b""
    for name, array in sorted(arrays.items()):
        each = np.ascontiguousarray(array, "<f4").tobytes()
        place = [len(numbers), len(numbers) + len(each)]
        header[name] = {"dtype": "F32", "shape": list(np.shape(array)), "data_offsets": place}
        numbers += each
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + numbers


def read(path: Path, wanted: Callable[[str], bool] | None = None) -> dict[str, np.ndarray]:
    """The arrays of a file, in float32.

    Args:
        path: of the file.
        wanted: name -> whether that array is read; others may be of any dtype. None is all.

    Raises:
        ArgumentError: it cannot be read, or is no such file, as where two entries have one name or
            their numbers overlap, or some bytes are of none; one line.
    """
    try:
        content = path.read_bytes()
        length = int.from_bytes(content[:8], "little")
        if not 0 < length <= min(MOST_HEADER, len(content) - 8):
            raise ValueError(length)
        header = json.loads(content[8 : 8 + length], object_pairs_hook=_named_once)
        numbers = memoryview(content)[8 + length :]
        entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
        arrays = {
            name: _array(entry, numbers)
            for name, entry in entries.items()
            if wanted is None or wanted(name)
        }
        end = 0
        for first, last in sorted(entry["data_offsets"] for entry in entries.values()):
            if first != end:
                raise ValueError(first)
            end = last
        if end != len(numbers):
            raise ValueError(end)
        return arrays
    except OSError as error:
        raise ArgumentError(f"{path}: expected a file to read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ArgumentError(f"{path}: damaged, expected arrays of floats in safetensors") from None


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON.

    Raises:
        ValueError: two of its values have one name.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(len(pairs))
    return found


def _array(entry: Mapping[str, Any], numbers: memoryview) -> np.ndarray:
    """One array.

    Raises:
        ValueError, KeyError or TypeError: its entry contradicts itself or the file.
    """
    dtype = np.dtype(DTYPES[entry["dtype"]]).newbyteorder("<")
    shape, (first, last) = tuple(entry["shape"]), entry["data_offsets"]
    n_bytes = math.prod(shape) * dtype.itemsize
    if any(size < 0 for size in shape) or not 0 <= first <= last <= len(numbers):
        raise ValueError(shape)
    if last - first != n_bytes:
        raise ValueError(n_bytes)
    return np.frombuffer(numbers[first:last], dtype).reshape(shape).astype(np.float32)
