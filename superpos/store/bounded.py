"""Reading files that may come from a stranger: no further than what they can be."""

import json
import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


def read_bytes(path: Path, most: float = math.inf) -> bytes | None:
    """The content of a file; None where it is larger than it can be.

    Args:
        path: of the file.
        most: bytes that it can have.

    Raises:
        StoreError: it is no file, such as a pipe that would have to be waited for, or cannot be
            read; one line.
    """
    with one_line(path, "expected a file to read"):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                raise StoreError(f"{path}: expected a file to read (Not a regular file)")
            return file.read() if about.st_size <= most else None


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
