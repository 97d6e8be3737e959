"""Files of GGUF: values by key and quantised tensors by name, read no further than the file goes.

The reader of the package gguf believes the lengths that a file states, and fills the memory where
one is damaged; here only its table of block sizes and its dequantisation are used.
Source: github.com/ggml-org/ggml, docs/gguf.md, versions 2 and 3.
"""

import math
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from superpos.arguments import ArgumentError

MAGIC, VERSIONS = b"GGUF", (2, 3)
NUMBERS = {
    **{0: "<u1", 1: "<i1", 2: "<u2", 3: "<i2", 4: "<u4", 5: "<i4", 6: "<f4", 7: "?"},
    **{10: "<u8", 11: "<i8", 12: "<f8"},
}
"""Types of values -> NumPy's."""
TEXT, LIST = 8, 9
ALIGNMENT = "general.alignment"
MOST_DIMENSIONS = 4


class Tensor(NamedTuple):
    """Numbers as they are in the file.

    Attributes:
        kind: how they are quantised, a number of `gguf.GGMLQuantizationType`.
        data: bytes, uint8, (..., bytes of a row); the last axis is the first in the file's order.
    """

    kind: int
    data: np.ndarray

    def dequantised(self) -> np.ndarray:
        """The numbers, float32.

        Raises:
            NotImplementedError: the package gguf cannot dequantise this kind.
        """
        from gguf import GGMLQuantizationType, quants

        return quants.dequantize(self.data, GGMLQuantizationType(self.kind))


class GgufFile(NamedTuple):
    """What a file holds.

    Attributes:
        values: numbers, texts and lists of them, by key.
        tensors: by name.
    """

    values: dict[str, Any]
    tensors: dict[str, Tensor]


def read(path: Path) -> GgufFile:
    """The content of a file, whose tensors stay on disk until they are used.

    Raises:
        ArgumentError: the package gguf is not installed, or the file is missing or damaged; one
            line.
    """
    try:
        from gguf import GGML_QUANT_SIZES as SIZES
    except ImportError:
        raise ArgumentError(f"{path}: needs gguf; pip install 'superpos[lm]'") from None
    try:
        return _read(np.memmap(path, np.uint8, "r"), SIZES)
    except OSError as error:
        raise ArgumentError(f"{path}: expected a file to read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, ZeroDivisionError, RecursionError):
        raise ArgumentError(f"{path}: damaged, expected a GGUF file") from None


class _Cursor:
    """A place in a file, which moves on with what is read.

    What would be behind the end raises ValueError.
    """

    def __init__(self, content: np.ndarray) -> None:
        self.content, self.place = content, 0

    def take(self, n_bytes: int) -> bytes:
        if n_bytes > len(self.content) - self.place:
            raise ValueError(n_bytes)
        self.place += n_bytes
        return self.content[self.place - n_bytes : self.place].tobytes()

    def u32(self) -> int:
        return struct.unpack("<I", self.take(4))[0]

    def u64(self) -> int:
        return struct.unpack("<Q", self.take(8))[0]

    def text(self) -> str:
        return self.take(self.u64()).decode()

    def value(self, kind: int) -> Any:
        if kind == TEXT:
            return self.text()
        if kind != LIST:
            return self.numbers(kind, 1)[0]
        inner, length = self.u32(), self.u64()
        if inner in NUMBERS:
            return self.numbers(inner, length)
        return [self.value(inner) for _ in range(length)]

    def numbers(self, kind: int, length: int) -> list[Any]:
        dtype = np.dtype(NUMBERS[kind])
        return np.frombuffer(self.take(length * dtype.itemsize), dtype).tolist()


def _read(content: np.ndarray, sizes: Any) -> GgufFile:
    """The content of a file.

    Raises:
        ValueError, KeyError, TypeError, ZeroDivisionError or RecursionError: it is damaged.
    """
    cursor = _Cursor(content)
    if cursor.take(4) != MAGIC or cursor.u32() not in VERSIONS:
        raise ValueError
    n_tensors, n_values = cursor.u64(), cursor.u64()
    values = {}
    for _ in range(n_values):
        key = cursor.text()
        values[key] = cursor.value(cursor.u32())
    entries = {}
    for _ in range(n_tensors):
        name, n_dimensions = cursor.text(), cursor.u32()
        if n_dimensions > MOST_DIMENSIONS:
            raise ValueError(n_dimensions)
        shape = [cursor.u64() for _ in range(n_dimensions)][::-1]
        entries[name] = (shape, cursor.u32(), cursor.u64())
    start = cursor.place + -cursor.place % values.get(ALIGNMENT, 32)
    tensors = {name: _tensor(content[start:], sizes, *entry) for name, entry in entries.items()}
    if sum(tensor.data.size for tensor in tensors.values()) > len(content):
        raise ValueError(len(content))
    return GgufFile(values, tensors)


def _tensor(numbers: np.ndarray, sizes: Any, shape: list[int], kind: int, offset: int) -> Tensor:
    *outer, width = shape
    by_kind = {int(each): size for each, size in sizes.items()}
    block, n_bytes = by_kind[kind]
    row = width // block * n_bytes
    last = offset + math.prod(outer) * row
    if width % block or last > len(numbers):
        raise ValueError(shape)
    return Tensor(kind, numbers[offset:last].reshape(*outer, row))
