"""A folder as one Dataset, whatever wrote it."""

from pathlib import Path
from typing import TYPE_CHECKING

from superpos.store import multirun
from superpos.store.files import StoreError
from superpos.store.folder import read_sweep
from superpos.store.reading import dataset_of

if TYPE_CHECKING:
    import xarray


FILES = ("sweep.json", multirun.FILE)
"""What tells a folder of results."""
MOST_SHOWN = 5
"""Folders in a message."""


def open(folder: str | Path) -> "xarray.Dataset":  # noqa: A001
    """Open a sweep or a multirun as a Dataset; what is not on disk yet has status "missing".

    Args:
        folder: what was given to `sweep` as its store, or the folder of a multirun.

    Returns:
        One named dimension per axis, a status per member, and as JSON text in the attributes the
        configuration and the numerics fingerprint. For a multirun see `multirun.open_multirun`.

    Raises:
        StoreError: the folder holds neither, which names those inside that do, as in the folder of
            a run; or its header is damaged.
    """
    folder = Path(folder)
    if (folder / multirun.FILE).exists():
        return multirun.open_multirun(folder)
    found = read_sweep(folder)
    if found is None:
        inside = [each.parent for file in FILES for each in sorted(folder.glob(f"*/{file}"))]
        hint = f"; did you mean {' or '.join(map(str, inside[:MOST_SHOWN]))}?" if inside else ""
        raise StoreError(f"{folder}: expected a folder with a {' or a '.join(FILES)}{hint}")
    return dataset_of(*found)
