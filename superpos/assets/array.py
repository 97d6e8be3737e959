"""Arrays from a file of NumPy."""

import os
from pathlib import Path
from typing import IO, Any

from superpos.arguments import ArgumentError, factory
from superpos.engine.assets import aligned, asset, check_finite
from superpos.memory import free_bytes
from superpos.store.bounded import open_file
from superpos.store.npy import NUMBERS, InflatedError, read_array, read_arrays
from superpos.types import Asset

MOST_INFLATED = 2**26
"""Bytes that arrays may have more than the .npz that they are compressed in."""


@factory
def array(*, path: str, sha256: str | None = None) -> Asset:
    """The arrays of an .npy or .npz file, read once into memory that devices of a CPU share.

    Args:
        path: of the file. An .npy is given as {"inputs": array}, an .npz by its own names.
        sha256: what the digest of the Asset must be; None accepts any content.

    Returns:
        An Asset of the arrays by name.

    Raises:
        ArgumentError: there is no such file, it holds something else than finite numbers, or its
            digest is another one; one line.
    """
    kinds = {".npy": _from_npy, ".npz": _from_npz}
    suffix = Path(path).suffix
    if suffix not in kinds:
        raise ArgumentError(f"path={path}: expected a file that ends in {' or '.join(kinds)}")
    try:
        arrays = kinds[suffix](Path(path))
    except OSError as error:
        raise ArgumentError(f"path={path}: expected a file to read ({error.strerror})") from None
    except InflatedError as error:
        more = f"expected at most {MOST_INFLATED:,} more; np.savez does not compress"
        raise ArgumentError(f"path={path}: {error}, {more}") from None
    except MemoryError:
        raise ArgumentError(f"path={path}: larger than the memory that is free") from None
    except Exception:  # it can be wrong in any way
        raise ArgumentError(f"path={path}: damaged, expected arrays of numbers") from None
    found = asset(arrays)
    try:
        check_finite(found.arrays)
    except ArgumentError as error:
        raise ArgumentError(f"path={path}: {error}") from None
    if sha256 not in (None, found.digest):
        raise ArgumentError(f"sha256={sha256}: {path} has {found.digest}, choose another file")
    return found


def _from_npy(path: Path) -> dict[str, Any]:
    with open_file(path) as file:
        return {"inputs": read_array(file, _n_bytes(file), NUMBERS, aligned)}


def _from_npz(path: Path) -> dict[str, Any]:
    with open_file(path) as file:
        return read_arrays(file, _n_bytes(file), NUMBERS, aligned, inflated=MOST_INFLATED)


def _n_bytes(file: IO[bytes]) -> int:
    """Size of a file.

    Raises:
        MemoryError: its arrays do not fit into memory.
    """
    n_bytes = os.fstat(file.fileno()).st_size
    if n_bytes > free_bytes():
        raise MemoryError
    return n_bytes
