"""Arrays that are too many to make at once, on disk in parts: made one by one, each checked.

    shards.json      what they are of, their number, shapes and dtypes, and a checksum of itself
    00000.shard      a frame with its own name and SHA-256 around an npz

A file is committed whole or not at all, so that what was interrupted goes on with the next part. A
part that is damaged is moved to `quarantine/` and made again.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from superpos.store import bounded, files
from superpos.store.bounded import StoreError
from superpos.store.frame import framed, unframed

MANIFEST = "shards.json"
_MAGIC = b"superpos-shard"
_MORE_BYTES = 2**16
"""That a file may have more than its arrays."""

Shapes = Mapping[str, Any]
"""Name -> shape and dtype of an array, as `jax.ShapeDtypeStruct` has them."""


def kept(
    folder: Path,
    about: Mapping[str, Any],
    shapes: Shapes,
    n_shards: int,
    part: Callable[[int], Mapping[str, np.ndarray]],
) -> Iterator[dict[str, np.ndarray]]:
    """The parts, one after the other; those that are not there, or damaged, are made.

    Args:
        folder: where they are kept; held by one process at a time.
        about: what they are of, plain values.
        shapes: of the arrays of each part.
        n_shards: how many there are.
        part: number -> arrays.

    Raises:
        StoreError: the folder holds something else, or cannot be written to; one line.
    """
    with files.locked(folder):
        path = files.own(folder, MANIFEST)
        manifest = _manifest(about, shapes, n_shards)
        held = files.read_json(path)
        if held is None:
            files.write_json(path, manifest)
        elif {name: held.get(name) for name in manifest} != manifest:
            raise StoreError(f"{folder}: holds other arrays; choose another folder")
        for number in range(n_shards):
            file = files.own(folder, _name(number))
            arrays = _arrays(file, shapes) if file.exists() else None
            if arrays is None:
                if file.exists():
                    files.quarantine(file, folder)
                arrays = {name: np.asarray(array) for name, array in part(number).items()}
                files.commit(file, framed(_MAGIC, file.stem, arrays))
            yield arrays


def _name(number: int) -> str:
    return f"{number:05d}.shard"


def _manifest(about: Mapping[str, Any], shapes: Shapes, n_shards: int) -> dict[str, Any]:
    arrays = {
        name: {"shape": [*each.shape], "dtype": np.dtype(each.dtype).str}
        for name, each in shapes.items()
    }
    return {"about": dict(about), "arrays": arrays, "n_shards": n_shards}


def _arrays(file: Path, shapes: Shapes) -> dict[str, np.ndarray] | None:
    """Those of a file; None when anything about it is not as it was written."""
    most = sum(int(np.prod(each.shape)) * each.dtype.itemsize for each in shapes.values())
    data = bounded.read_bytes(file, most + _MORE_BYTES)
    arrays = None if data is None else unframed(_MAGIC, file.stem, data)
    if arrays is None or arrays.keys() != shapes.keys():
        return None
    fit = all(
        (arrays[name].shape, arrays[name].dtype) == (tuple(each.shape), each.dtype)
        for name, each in shapes.items()
    )
    return arrays if fit else None
