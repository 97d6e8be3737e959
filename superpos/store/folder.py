"""A sweep in a folder: read, or held for writing where it left off."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from superpos.arguments import ArgumentError, shown
from superpos.store import checkpoint, files
from superpos.store.afterwards import with_after
from superpos.store.differences import first_difference, refuse_difference, refuse_other
from superpos.store.files import Rows, StoreError
from superpos.store.grid import Grid
from superpos.store.header import grid_of, header_axes
from superpos.store.reading import Swept, read_header, read_trained, table_of
from superpos.store.table import Table, with_names
from superpos.store.width import Width


def check_folder(name: str, path: Any) -> None:
    """Refuse what cannot be the path of a folder.

    Args:
        name: of the argument.
        path: a text or a Path; "" would be the folder where the program runs.

    Raises:
        ArgumentError: it is neither, empty, has a null, or is too long; one line.
    """
    try:
        sound = isinstance(path, (str, Path)) and str(path) != "" and "\0" not in str(path)
        if sound:
            Path(path, "sweep.json").exists()  # which is raised of a name that is too long
    except OSError:
        sound = False
    if not sound:
        raise ArgumentError(f"{name}={shown(path)}: expected the path of a folder")


def read_sweep(folder: Path) -> Swept | None:
    """A sweep with what was measured of its members afterwards; None where there is no sweep.

    Raises:
        StoreError: a header is damaged.
    """
    found = read_trained(folder)
    return None if found is None else with_after(folder, found)


MULTIRUN = "multirun.json"
"""A folder with this file holds sweeps in folders below it, and no sweep of its own."""


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
        if (folder / MULTIRUN).exists():
            raise StoreError(f"{folder}: holds a multirun, not one sweep; choose another folder")
        self.folder = folder
        self._asked = grid, spec
        self._read()

    def load(self, ids: np.ndarray) -> Table | None:
        """Read every sound chunk; set aside, with a warning, what is damaged or nobody's."""
        if self.header is None:
            for path in files.chunk_files(self.folder):
                self.leave_out(path, "left without its sweep.json")
            return None
        table = table_of(self.folder, ids, self.header["schema"], self.leave_out)
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
            aside = files.quarantine(path, self.folder)
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
        held = {**held, "schema": with_names(held["schema"], header["schema"])}
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
        places = [files.own(Path(folder), name) for name in ("chunks", "ckpt", "quarantine")]
        with files.one_line(Path(folder), "expected a folder to write to"):
            files.make_folder(places[0])
        yield Store(Path(folder), grid, spec)
