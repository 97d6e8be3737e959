"""Arrays from a file of NumPy."""

import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

from superpos.arguments import ArgumentError, factory
from superpos.engine.assets import aligned, asset
from superpos.types import Asset


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
    except (ValueError, zipfile.BadZipFile, EOFError, KeyError):
        raise ArgumentError(f"path={path}: damaged, expected arrays of numbers") from None
    found = asset(arrays)
    if sha256 not in (None, found.digest):
        raise ArgumentError(f"sha256={sha256}: {path} has {found.digest}, choose another file")
    return found


def _from_npy(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"inputs": _read(file)}


def _from_npz(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        found = {}
        for name in names:
            with archive.open(name) as file:
                found[name.removesuffix(".npy")] = _read(file)
        return found


def _read(file: Any) -> np.ndarray:
    """An array, read into its own place, so that it is never in memory twice."""
    shape, fortran, dtype = _header(file)
    if dtype.kind not in "biuf":
        raise ValueError(dtype)
    found = aligned(shape[::-1] if fortran else shape, dtype)
    memory = memoryview(found.reshape(-1).view(np.uint8).data)
    while memory:
        count = file.readinto(memory)
        if not count:
            raise EOFError
        memory = memory[count:]
    return found.T if fortran else found


def _header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    return read(file)
