"""A sweep in a folder, read: its header, its grid, and all sound chunks."""

import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from superpos.store import files
from superpos.store.bounded import StoreError, one_line
from superpos.store.files import Rows
from superpos.store.grid import ID, Grid
from superpos.store.header import check, coordinates_of, grid_of
from superpos.store.table import Schema, Table, bytes_of, to_dataset

if TYPE_CHECKING:
    import xarray

Swept = tuple[dict[str, Any], Grid, Table]
"""The header, the grid and the results of a sweep."""
MOST_TEXT = 2**20
"""Characters of what members share, which is hashed for each of them."""
MOST_TEXTS = 5 * 10**8
"""Characters that are hashed for a sweep of which little is stored, in about two seconds."""
MOST_UNSTORED = 100
"""Members for each that is stored, of a sweep with more characters than that."""
_TEXT_OF_POINT = 4000
"""What hashing a member takes besides, in characters."""
_HEAD = 2**16
"""Bytes of a chunk file that are no results, for each of them, at the most."""


def read_trained(folder: Path, ids: Callable[[Grid], np.ndarray] | None = None) -> Swept | None:
    """The header, the grid and all sound chunks of a sweep; None where there is no sweep.

    Args:
        folder: of the sweep.
        ids: grid -> content hash of each member; None is that of its configuration.

    Raises:
        StoreError: the header is damaged, or has far more members than are stored.
    """
    header = read_header(folder)
    if header is None:
        return None
    grid = grid_of(header)
    _check_worth(folder, header, grid.n_members)
    found = grid.member_ids(header["spec"]) if ids is None else ids(grid)

    def leave_out(path: Path, problem: str) -> None:
        warnings.warn(f"{path}: {problem} chunk left out", stacklevel=6)

    table = table_of(folder, found, header["schema"], leave_out)
    return header, grid, table


def read_header(folder: Path) -> dict[str, Any] | None:
    """The content of sweep.json; None where there is no sweep.

    Raises:
        StoreError: it is damaged, or not what a sweep writes.
    """
    header = files.read_header(folder)
    if header is not None:
        check(folder / "sweep.json", header)
    return header


def _check_worth(folder: Path, header: Mapping[str, Any], n_members: int) -> None:
    """Refuse to tell apart many more members than are stored: each takes as long as if it were.

    Raises:
        StoreError: one line.
    """
    text = json.dumps(header["spec"])
    each = bytes_of(header["schema"]) + np.dtype(ID).itemsize
    with one_line(folder, "expected chunks to read"):
        most = sum(path.stat().st_size for path in files.chunk_files(folder)) // each
    if len(text) > MOST_TEXT:
        size = f"spec of {len(text):,} characters"
        raise StoreError(f"{folder}/sweep.json: {size}, expected at most {MOST_TEXT:,}")
    if n_members * (_TEXT_OF_POINT + len(text)) > MOST_TEXTS and n_members > MOST_UNSTORED * most:
        raise StoreError(
            f"{folder}/sweep.json: {n_members:,} members, of which at most {most:,} are stored,"
            f" expected {n_members // MOST_UNSTORED:,} or more; the same command again trains them"
        )


def dataset_of(header: Mapping[str, Any], grid: Grid, table: Table) -> "xarray.Dataset":
    """Label a table by the header of its sweep."""
    attrs = {"config": header["spec"], **{name: header[name] for name in ("fit", "fingerprint")}}
    return to_dataset(table, grid, header["schema"], coordinates_of(header), attrs)


def table_of(
    folder: Path, ids: np.ndarray, schema: Schema, leave_out: Callable[[Path, str], None]
) -> Table:
    """All sound chunks of a folder; of others `leave_out` is told."""
    table = Table(ids, schema)
    most = len(ids) * (bytes_of(schema) + ids.itemsize) + _HEAD * (2 + len(schema))
    for path in files.chunk_files(folder):
        rows = _read_chunk(path, schema, most)
        if rows is None:
            leave_out(path, "damaged")
        else:
            table.put(rows)
    return table


def _read_chunk(path: Path, schema: Schema, most_bytes: int) -> Rows | None:
    """A chunk that holds what the schema says of each of its members; else None."""
    rows = files.read_chunk(path, most_bytes)
    if rows is None:
        return None
    found = {name: (values.shape, values.dtype.name) for name, values in rows.arrays.items()}
    expected = {
        name: ((len(rows.ids), *entry["shape"]), entry["dtype"]) for name, entry in schema.items()
    }
    return rows if found == expected else None
