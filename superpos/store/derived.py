"""Files that are made anew from what is stored, such as figures and pages."""

import warnings
from pathlib import Path

from superpos.store import files


def replace(path: Path, data: bytes) -> None:
    """Write a file in the place of an older one, whole or not at all.

    A link is replaced and not followed. A folder of this name is moved to the folder `quarantine`
    beside it, with a warning.

    Args:
        path: of the file, in a folder that is there.
        data: its content.

    Raises:
        StoreError: it cannot be written, as on a full disk; one line.
    """
    with files.one_line(path, "cannot write"):
        if path.is_dir() and not path.is_symlink():
            aside = files.quarantine(path, path.parent)
            warnings.warn(f"{path}: expected a file, moved to {aside}", stacklevel=2)
        files.commit(path, data)
