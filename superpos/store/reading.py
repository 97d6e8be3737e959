"""A sweep in a folder, read: its header, its grid, and all sound chunks."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from superpos.store import files
from superpos.store.files import Rows, StoreError
from superpos.store.grid import SEED, Grid, make_grid
from superpos.store.table import Schema, Table, to_dataset
from superpos.train.schedule import STEP

if TYPE_CHECKING:
    import xarray

Swept = tuple[dict[str, Any], Grid, Table]
"""The header, the grid and the results of a sweep."""
_WRITTEN = "as written"
"""What the field `labels` says of the numbers in `axes`."""
_FIELDS = ("spec", "axes", "zipped", "fit", "schema", "width", "fingerprint")


def read_trained(folder: Path, ids: Callable[[Grid], np.ndarray] | None = None) -> Swept | None:
    """The header, the grid and all sound chunks of a sweep; None where there is no sweep.

    Args:
        folder: of the sweep.
        ids: grid -> content hash of each member; None is that of its configuration.

    Raises:
        StoreError: the header is damaged.
    """
    header = read_header(folder)
    if header is None:
        return None
    grid = grid_of(header)

    found = grid.member_ids(header["spec"]) if ids is None else ids(grid)

    def leave_out(path: Path, problem: str) -> None:
        warnings.warn(f"{path}: {problem} chunk left out", stacklevel=6)

    table = table_of(folder, found, header["schema"], leave_out)
    return header, grid, table


def read_header(folder: Path) -> dict[str, Any] | None:
    """The header, with all that is needed of it; a field that is not known is let be."""
    header = files.read_header(folder)
    fields = [*_FIELDS, *(["coordinates"] if header is not None and header["format"] > 1 else ())]
    lacking = [name for name in fields if header is not None and name not in header]
    if lacking:
        raise StoreError(f"{folder / 'sweep.json'}: damaged, expected {', '.join(lacking)} in it")
    return header


def header_axes(grid: Grid) -> dict[str, Any]:
    """The axes of a grid for sweep.json."""
    return {
        "axes": {name: values.tolist() for name, values in grid.axes.items()},
        "zipped": [list(axes) for axes in grid.dims.values() if len(axes) > 1],
        "labels": _WRITTEN,
    }


def grid_of(header: Mapping[str, Any]) -> Grid:
    """The grid that `header_axes` wrote down.

    Older versions kept what a program was given. Such a number is read as the shortest that is the
    same in float32, which is the one that was written if that has up to six digits.
    """
    axes = header["axes"]
    if header.get("labels") != _WRITTEN:
        axes = {name: _shortest(name, values) for name, values in axes.items()}
    return make_grid(axes, header["zipped"])


def _shortest(name: str, values: Sequence[float]) -> Sequence[float]:
    return values if name == SEED else [float(str(np.float32(value))) for value in values]


def dataset_of(header: Mapping[str, Any], grid: Grid, table: Table) -> "xarray.Dataset":
    """Label a table by the header of its sweep."""
    attrs = {"config": header["spec"], **{name: header[name] for name in ("fit", "fingerprint")}}
    return to_dataset(table, grid, header["schema"], coordinates_of(header), attrs)


def coordinates_of(header: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Dimension of results -> its coordinate: the updates after which something was measured."""
    fit = header["fit"]  # all that format 1 says
    steps = list(range(fit["log_every"], fit["n_steps"] + 1, fit["log_every"]))
    return header.get("coordinates", {STEP: steps})


def table_of(
    folder: Path, ids: np.ndarray, schema: Schema, leave_out: Callable[[Path, str], None]
) -> Table:
    """All sound chunks of a folder; of others `leave_out` is told."""
    table = Table(ids, schema)
    for path in files.chunk_files(folder):
        rows = _read_chunk(path, schema)
        if rows is None:
            leave_out(path, "damaged")
        else:
            table.put(rows)
    return table


def _read_chunk(path: Path, schema: Schema) -> Rows | None:
    """A chunk that holds what the schema says of each of its members; else None."""
    rows = files.read_chunk(path)
    if rows is None:
        return None
    found = {name: (values.shape, values.dtype.name) for name, values in rows.arrays.items()}
    expected = {
        name: ((len(rows.ids), *entry["shape"]), entry["dtype"]) for name, entry in schema.items()
    }
    return rows if found == expected else None
