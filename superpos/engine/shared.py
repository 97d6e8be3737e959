"""A sweep folder that another process holds, for a worker that trains a part of the sweep."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from superpos.store import files
from superpos.store.folder import Memory, Store
from superpos.store.grid import Grid
from superpos.store.width import Width


class Shared(Store):
    """A folder in which several processes write: what is there is never changed."""

    def begin(self, header: Mapping[str, Any], *, allow_numerics_change: bool) -> Width:
        """Commit the header where there is none, or refuse to mix numerics.

        Returns:
            The width of the chunks; another one where another process was first with its header.

        Raises:
            StoreError: the store holds another sweep, or could not be read back.
        """
        self._check(header, allow_numerics_change)
        if self.header is None:
            with files.one_line(self.folder, "cannot write"):
                files.create_header(self.folder, header)
            self._read()
            if self.width is not None and self.width != Width(*header["width"]):
                return self.width
            self._check(header, allow_numerics_change)
        return Width(*header["width"])

    def leave_out(self, path: Path, problem: str) -> None:
        """Warn of a file that is not sound."""
        warnings.warn(f"{path}: {problem}, left out", stacklevel=3)

    def _tidy(self, *, complete: bool) -> None:
        """Nothing, as other processes are at work."""


@contextmanager
def joining(
    folder: str | Path | None, grid: Grid, spec: Mapping[str, Any]
) -> Iterator[Shared | Memory]:
    """Write to a sweep folder beside other processes; None keeps the sweep in memory.

    Raises:
        StoreError: the folder is not writable, damaged, or holds another sweep.
    """
    if folder is None:
        yield Memory()
        return
    with files.one_line(Path(folder), "expected a folder to write to"):
        files.make_folder(files.own(Path(folder), "chunks"))
    yield Shared(Path(folder), grid, spec)
