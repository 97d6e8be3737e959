"""A novel as R's lazy-load database holds it."""

import struct
import zlib

LINES = ["EMMA", "", "by her", "", "CHAPTER I", "", "", "One,", "two.", "", "Three.", "", "",
         "Chapter 2. Of CHAPTER V", "", "CHAPTER is no heading.", ""]  # fmt: skip


def serialized(strings: list[str], version: int = 3) -> bytes:
    """A vector of strings as R's serialize() writes it."""
    found = b"X\n" + struct.pack(">3i", version, 0x00040201, 0x00030500)
    if version == 3:
        found += struct.pack(">i", 5) + b"UTF-8"
    found += struct.pack(">ii", 16, len(strings))
    for each in map(str.encode, strings):
        found += struct.pack(">ii", 0x00040009, len(each)) + each
    return found


def rdb(*objects: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(each)) + zlib.compress(each) for each in objects)


NOVEL = rdb(serialized(LINES))
