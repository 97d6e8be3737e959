"""The novels of Jane Austen, out of the R package janeaustenr, without R.

`Rdata.rdb` holds one R object after the other: its length in four bytes, then the object in R's
serialization, compressed by zlib. Here each object is a vector of strings, the lines of a novel.
Source: R Internals, 1.8 "Serialization Formats", and R's `src/main/serialize.c` for lazy loading.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from superpos.arguments import ArgumentError
from superpos.data.text.document import Document, content
from superpos.data.text.novel import chapters

MOST_INFLATED = 2**24
"""Bytes that one object can have; the largest novel has 10^6."""
MOST_TEXT = 2**26
"""Bytes that all objects together can have."""
HEADER = b"X\n"
"""Of R's serialization in big-endian binary."""
VERSION_3 = 3
"""From which on the name of an encoding follows the header."""
STRINGS, STRING = 16, 9
"""R's types of a vector of strings and of a string."""


def austen(folder: str | Path) -> list[Document]:
    """The chapters of the six novels; what comes before the first chapter is left out.

    Args:
        folder: with Rdata.rdb.

    Returns:
        Documents, such as "EMMA 1" of the group "EMMA", a paragraph a line.

    Raises:
        ArgumentError: the file is missing or damaged; one line.
    """
    path = Path(folder) / "Rdata.rdb"
    found = content(path)
    try:
        novels = [_strings(each) for each in _objects(found)]
    except (ValueError, struct.error, zlib.error):
        raise ArgumentError(f"{path}: damaged, expected vectors of strings of R") from None
    return [chapter for novel in novels for chapter in chapters(novel)]


def _objects(found: bytes) -> Iterator[bytes]:
    """Each object, inflated.

    Raises:
        ValueError, struct.error or zlib.error: the bytes are something else.
    """
    left = MOST_TEXT
    while found:
        (length,) = struct.unpack_from(">I", found)
        inflating = zlib.decompressobj()
        if length > min(MOST_INFLATED, left):
            raise ValueError(length)
        inflated = inflating.decompress(found[4:], length + 1)
        if len(inflated) != length or not inflating.eof:
            raise ValueError(length)
        left -= length
        yield inflated
        found = inflating.unused_data


def _strings(serialized: bytes) -> list[str]:
    """A vector of strings.

    Raises:
        ValueError or struct.error: it is something else.
    """
    version, _, _ = struct.unpack_from(">3i", serialized, len(HEADER))
    place = len(HEADER) + 12
    if version >= VERSION_3:
        (length,) = struct.unpack_from(">I", serialized, place)
        place += 4 + length
    flags, n_strings = struct.unpack_from(">II", serialized, place)
    if not serialized.startswith(HEADER) or flags & 255 != STRINGS:
        raise ValueError(flags)
    place += 8
    strings = []
    for _ in range(n_strings):
        flags, length = struct.unpack_from(">II", serialized, place)
        place += 8
        if flags & 255 != STRING or place + length > len(serialized):
            raise ValueError(flags)
        strings.append(serialized[place : place + length].decode())
        place += length
    return strings
