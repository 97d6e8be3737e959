"""Texts as arrays of bytes, as assets and results have them."""

from collections.abc import Sequence

import numpy as np


def to_bytes(texts: Sequence[str], most: int | None = None) -> np.ndarray:
    """Texts as UTF-8, filled up with 0.

    Args:
        texts: any; the character 0 becomes U+2400, its picture.
        most: bytes of each, >= 1, where a longer text is cut off; None is as many as needed.

    Returns:
        Bytes, uint8 (n, most).
    """
    rows = [text.replace("\0", "\u2400").encode() for text in texts]
    width = max(1, max(map(len, rows), default=1)) if most is None else most
    whole = b"".join(row[:width].ljust(width, b"\0") for row in rows)
    return np.frombuffer(whole, np.uint8).reshape(len(rows), width)


def from_bytes(rows: np.ndarray) -> list[str]:
    """The texts again; what was cut inside a character, or is no UTF-8, is shown as U+FFFD."""
    return [bytes(row).rstrip(b"\0").decode(errors="replace") for row in np.asarray(rows)]
