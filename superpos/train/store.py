"""A sweep in a folder: opened for reading as a Dataset, or for writing where it left off."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from superpos.train import checkpoint, files
from superpos.train.differences import first_difference, refuse_difference, refuse_other
from superpos.train.files import Rows, StoreError
from superpos.train.grid import Grid, make_grid
from superpos.train.plan import Width
from superpos.train.schedule import STEP
from superpos.train.table import Schema, Table, to_dataset

if TYPE_CHECKING:
    import xarray

_FIELDS = ("spec", "axes", "zipped", "fit", "schema", "width", "fingerprint")


def open(folder: str | Path) -> "xarray.Dataset":  # noqa: A001
    """Open a sweep or a multirun as a Dataset; what is not on disk yet has status "missing".

    Args:
        folder: what was given to `sweep` as its store, or the folder of a multirun.

    Returns:
        One named dimension per axis, a status per member, and as JSON text in the attributes the
        configuration and the numerics fingerprint. For a multirun see `multirun.open_multirun`.

    Raises:
        StoreError: the folder holds neither, or its header is damaged.
    """
    from superpos.train import multirun  # which reads the sweeps in it with this module

    folder = Path(folder)
    if (folder / multirun.FILE).exists():
        return multirun.open_multirun(folder)
    found = read_sweep(folder)
    if found is None:
        raise StoreError(f"{folder}: expected a folder with a sweep.json or a multirun.json")
    return dataset_of(*found)


def read_sweep(folder: Path) -> tuple[dict[str, Any], Grid, Table] | None:
    """The header, the grid and all sound chunks of a sweep; None where there is no sweep.

    Raises:
        StoreError: the header is damaged.
    """
    header = read_header(folder)
    if header is None:
        return None
    grid = grid_of(header)

    def leave_out(path: Path, problem: str) -> None:
        warnings.warn(f"{path}: {problem} chunk left out", stacklevel=5)

    table = _table(folder, grid.member_ids(header["spec"]), header["schema"], leave_out)
    return header, grid, table


class Memory:
    """The store of a sweep that is not written down."""

    header: dict[str, Any] | None = None
    width: Width | None = None

    def load(self, ids: np.ndarray) -> Table | None:
        """Nothing is there."""
        del ids
        return None

    def begin(self, header: Mapping[str, Any], *, allow_numerics_change: bool) -> Width:
        """Nothing to check."""
        del allow_numerics_change
        return Width(*header["width"])

    def commit(self, rows: Rows) -> None:
        """Nothing to write."""


class Store:
    """A sweep folder held by this process.

    Attributes:
        header: the content of sweep.json, None until the first chunk is about to be trained.
        width: the width of its chunks, None until then.
    """

    def __init__(self, folder: Path, grid: Grid, spec: Mapping[str, Any]) -> None:
        """Read the header and refuse a sweep of another kind."""
        self.folder = folder
        self._asked = grid, spec
        self._read()

    def load(self, ids: np.ndarray) -> Table | None:
        """Read every sound chunk; set aside, with a warning, what is damaged or nobody's."""
        if self.header is None:
            for path in files.chunk_files(self.folder):
                self.leave_out(path, "left without its sweep.json")
            return None
        table = _table(self.folder, ids, self.header["schema"], self.leave_out)
        self._tidy(complete=bool(table.present.all()))
        return table

    def begin(self, header: Mapping[str, Any], *, allow_numerics_change: bool) -> Width:
        """Commit the header before a chunk is trained, or refuse to mix numerics.

        Returns:
            The width of its chunks.

        Raises:
            StoreError: the store holds another sweep, or could not be read back.
        """
        self._check(header, allow_numerics_change)
        self._put(header)
        return Width(*header["width"])

    def grow(self, grid: Grid) -> None:
        """Write down the axes of a sweep that has more members than before.

        Raises:
            StoreError: that cannot be written.
        """
        if self.header is not None:
            self._put({**self.header, **header_axes(grid)})

    def commit(self, rows: Rows) -> None:
        """Commit one chunk.

        Raises:
            StoreError: it cannot be written, as on a full disk.
        """
        with files.one_line(self.folder, "cannot write"):
            files.write_chunk(self.folder, rows)

    def leave_out(self, path: Path, problem: str) -> None:
        """Set aside a file that is not sound, with a warning."""
        with files.one_line(path, f"{problem}, and cannot be moved to quarantine"):
            aside = files.quarantine(path)
        warnings.warn(f"{path}: {problem}, moved to {aside}; retraining", stacklevel=3)

    def _put(self, header: Mapping[str, Any]) -> None:
        """Commit the header where it is another one than before."""
        header = {"format": files.FORMAT, **header}
        if self.header != header:
            with files.one_line(self.folder, "cannot write"):
                files.write_header(self.folder, header)
            self.header = header

    def _tidy(self, *, complete: bool) -> None:
        checkpoint.remove_leftovers(self.folder, complete=complete)

    def _read(self) -> None:
        self.header = read_header(self.folder)
        files.refuse_old(self.folder / "sweep.json", self.header)
        self.width = Width(*self.header["width"]) if self.header else None
        if self.header is not None:
            old, (grid, spec) = grid_of(self.header), self._asked
            refuse_other(self.folder, (old, self.header["spec"]), (grid, spec))

    def _check(self, header: Mapping[str, Any], allow_numerics_change: bool) -> None:
        """Refuse what cannot be read back, another sweep, and other numerics."""
        for name, entry in header["schema"].items():
            if np.dtype(entry["dtype"]).kind == "V":
                raise StoreError(
                    f"{self.folder}: cannot keep {name}, of dtype {entry['dtype']}; expected one"
                    " of NumPy's own, such as float32"
                )
        held = self.header or header
        for part in ("fit", "schema", "coordinates"):
            refuse_difference(self.folder, f"a sweep with {part}", held[part], header[part])
        difference = first_difference(held["fingerprint"], header["fingerprint"])
        if difference is not None and not allow_numerics_change:
            name, old, new = difference
            raise StoreError(
                f"{self.folder}: {name} was {old} and is {new}, so numbers would differ in the last"
                " digits; choose another folder, or set engine.allow_numerics_change=true"
            )


@contextmanager
def writing(
    folder: str | Path | None, grid: Grid, spec: Mapping[str, Any]
) -> Iterator[Store | Memory]:
    """Hold a sweep folder as its only writer; None keeps the sweep in memory.

    Raises:
        StoreError: the folder is not writable, in use, damaged, or holds another sweep.
    """
    if folder is None:
        yield Memory()
        return
    with files.locked(Path(folder)):
        with files.one_line(Path(folder), "expected a folder to write to"):
            files.make_folder(Path(folder, "chunks"))
        yield Store(Path(folder), grid, spec)


def header_axes(grid: Grid) -> dict[str, Any]:
    """The axes of a grid for sweep.json."""
    return {
        "axes": {name: values.tolist() for name, values in grid.axes.items()},
        "zipped": [list(axes) for axes in grid.dims.values() if len(axes) > 1],
    }


def grid_of(header: Mapping[str, Any]) -> Grid:
    """The grid that `header_axes` wrote down."""
    return make_grid(header["axes"], header["zipped"])


def dataset_of(header: Mapping[str, Any], grid: Grid, table: Table) -> "xarray.Dataset":
    """Label a table by the header of its sweep."""
    attrs = {"config": header["spec"], **{name: header[name] for name in ("fit", "fingerprint")}}
    return to_dataset(table, grid, header["schema"], coordinates_of(header), attrs)


def coordinates_of(header: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Dimension of results -> its coordinate: the updates after which something was measured."""
    fit = header["fit"]  # all that format 1 says
    steps = list(range(fit["log_every"], fit["n_steps"] + 1, fit["log_every"]))
    return header.get("coordinates", {STEP: steps})


def read_header(folder: Path) -> dict[str, Any] | None:
    """The header, with all that is needed of it; a field that is not known is let be."""
    header = files.read_header(folder)
    fields = [*_FIELDS, *(["coordinates"] if header is not None and header["format"] > 1 else ())]
    lacking = [name for name in fields if header is not None and name not in header]
    if lacking:
        raise StoreError(f"{folder / 'sweep.json'}: damaged, expected {', '.join(lacking)} in it")
    return header


def _table(
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
