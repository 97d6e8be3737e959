"""Arrays from a file of NumPy."""

import os
import zipfile
from pathlib import Path
from typing import Any

from superpos.arguments import ArgumentError, factory
from superpos.engine.assets import aligned, asset
from superpos.store.npy import NUMBERS, read_array
from superpos.types import Asset

MOST_RATIO = 1032
"""Bytes that come out of one that is compressed as NumPy does it, at the most."""


@factory
def array(*, path: str, sha256: str | None = None) -> Asset:
    """The arrays of an .npy or .npz file, read once into memory that devices of a CPU share.

    Args:
        path: of the file. An .npy is given as {"inputs": array}, an .npz by its own names.
        sha256: what the digest of the Asset must be; None accepts any content.

    Returns:
        An Asset of the arrays by name.

    Raises:
        ArgumentError: there is no such file, it holds something else than numbers, or its digest is
            another one; one line.
    """
    kinds = {".npy": _from_npy, ".npz": _from_npz}
    suffix = Path(path).suffix
    if suffix not in kinds:
        raise ArgumentError(f"path={path}: expected a file that ends in {' or '.join(kinds)}")
    try:
        arrays = kinds[suffix](Path(path))
    except OSError as error:
        raise ArgumentError(f"path={path}: expected a file to read ({error.strerror})") from None
    except MemoryError:
        raise ArgumentError(f"path={path}: larger than the memory that is free") from None
    except Exception:  # it can be wrong in any way
        raise ArgumentError(f"path={path}: damaged, expected arrays of numbers") from None
    found = asset(arrays)
    if sha256 not in (None, found.digest):
        raise ArgumentError(f"sha256={sha256}: {path} has {found.digest}, choose another file")
    return found


def _from_npy(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        n_bytes = os.fstat(file.fileno()).st_size
        return {"inputs": read_array(file, n_bytes, NUMBERS, aligned)}


def _from_npz(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        found = {}
        for entry in archive.infolist():
            if entry.file_size > MOST_RATIO * entry.compress_size:
                raise ValueError(entry.filename)
            with archive.open(entry) as file:
                name = entry.filename.removesuffix(".npy")
                found[name] = read_array(file, entry.file_size, NUMBERS, aligned)
        return found
