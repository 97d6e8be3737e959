"""Reading files that may come from a stranger: no further than what they can be."""

import errno
import json
import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

MOST_JSON_BYTES = 2**28
MOST_JSON_LISTS = 1_000_000
"""Lists and mappings in a JSON file: in memory one is much larger than its two brackets."""


class StoreError(Exception):
    """A sweep folder that cannot be used, as one line."""


@contextmanager
def one_line(path: Path, expected: str) -> Iterator[None]:
    """Raise what the operating system refuses as a StoreError, in one line."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path}: {expected} ({error.strerror or error})") from None


@contextmanager
def open_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to read, and nothing that would be waited for or has no end, such as a pipe.

    Raises:
        OSError: there is none, or it is a folder, a pipe, a device or a socket.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        yield file


def read_bytes(path: Path, most: float = math.inf) -> bytes | None:
    """The content of a file; None where it is larger than it can be.

    Args:
        path: of the file.
        most: bytes that it can have.

    Raises:
        StoreError: it is no file, or cannot be read; one line.
    """
    with one_line(path, "expected a file to read"), open_file(path) as file:
        return file.read() if os.fstat(file.fileno()).st_size <= most else None


def read_json(path: Path) -> Any:
    """The value of a JSON file.

    Raises:
        StoreError: it is too large, no JSON of finite numbers, or cannot be read; one line.
    """
    text = read_bytes(path, MOST_JSON_BYTES)
    if text is None or text.count(b"[") + text.count(b"{") > MOST_JSON_LISTS:
        most = f"{MOST_JSON_BYTES:,} bytes and {MOST_JSON_LISTS:,} lists"
        raise StoreError(f"{path}: too large, expected at most {most}")
    try:
        return json.loads(text, parse_constant=_not_finite)
    except (ValueError, RecursionError):
        raise StoreError(f"{path}: damaged, expected JSON") from None


def _not_finite(text: str) -> None:
    raise ValueError(text)
