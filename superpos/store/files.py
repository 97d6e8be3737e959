"""A sweep on disk: a folder of checked chunk files that a crash cannot harm.

    sweep.json     configuration, axes, shapes of the results, and the numerics fingerprint
    .lock          held by the one process that writes
    chunks/        one file per finished chunk: a frame with its own id and SHA-256 around an npz
    ckpt/          the state of chunks that are being trained, framed in the same way
    quarantine/    damaged chunks and states, moved here and never deleted

Each file is committed by write, fsync, rename, fsync of the folder, so the listing of `chunks` is
the manifest: a file that is there and passes its checksum is done.
"""

import fcntl
import hashlib
import itertools
import json
import math
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from superpos.arguments import shown
from superpos.store import bounded
from superpos.store.bounded import StoreError, one_line
from superpos.store.frame import framed, unframed

FORMAT, OLDEST = 2, 1
"""Of the JSON files: what is written, and the oldest that is read."""
_MAGIC = b"superpos-chunk"
_IDS, _VALUE = "ids", "value/"


class Rows(NamedTuple):
    """Results of some members: their ids (k,) and their arrays, each (k, ...)."""

    ids: np.ndarray
    arrays: dict[str, np.ndarray]


def commit(path: Path, data: bytes) -> None:
    """Write a file so that after a crash it is there whole or not at all."""
    with _temporary(path, data) as temporary:
        temporary.rename(path)
    sync(path.parent)


def create(path: Path, data: bytes) -> bool:
    """Commit a file unless there is one, though others try the same at once.

    Returns:
        Whether the file is this one.
    """
    with _temporary(path, data) as temporary:
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        finally:
            temporary.unlink()
    sync(path.parent)
    return True


def sync(path: Path) -> None:
    """Make a file, or the names that a folder holds, survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def own(folder: Path, *names: str) -> Path:
    """A path inside an output folder, to be written, moved or removed; it goes through no link.

    Args:
        folder: the output folder, which may be a link itself.
        names: of the parts of the path inside it.

    Raises:
        StoreError: a part is a link; one line.
    """
    path = folder
    for name in names:
        path = path / name
        if os.path.islink(path):
            raise StoreError(f"{path}: expected no link inside {folder}, as none is followed")
    return path


def make_folder(folder: Path) -> list[Path]:
    """Make a folder and its parents, so that they survive a loss of power.

    Returns:
        Those that were not there, the innermost first.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in made:
        sync(path.parent)
    return made


@contextmanager
def making(folder: Path) -> Iterator[None]:
    """Make a folder and its parents; those that are still empty at the end are taken away again."""
    with one_line(folder, "expected a folder to write to"):
        made = make_folder(folder)
    try:
        yield
    finally:
        with suppress(OSError):
            for path in made:
                path.rmdir()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder as its only writer; the kernel drops the lock with the process.

    A folder in which nothing was kept is taken away again, if it was made for that.

    Raises:
        StoreError: the folder cannot be written, or another process holds it.
    """
    with making(folder):
        path = own(folder, ".lock")
        is_new = not path.exists()
        with one_line(folder, "expected a folder to write to"):
            lock = path.open("a+b", buffering=0)
        with lock:
            with one_line(folder, "expected a folder to write to"):
                _claim(lock, folder)
                for leftover in folder.rglob(".*.tmp"):
                    leftover.unlink()
            try:
                yield
            finally:
                if is_new:
                    _clear(folder, path)


def _clear(folder: Path, lock: Path) -> None:
    """Remove the lock of a folder, and the folders in it, where there is nothing else."""
    with suppress(OSError):
        within = [path for path in sorted(folder.rglob("*"), reverse=True) if path != lock]
        if all(map(Path.is_dir, within)):
            lock.unlink()
            for path in within:
                path.rmdir()


def write_header(folder: Path, header: Mapping[str, Any]) -> None:
    """Commit sweep.json."""
    write_json(folder / "sweep.json", header)


def read_header(folder: Path) -> dict[str, Any] | None:
    """Read sweep.json; None when the folder holds no sweep.

    Raises:
        StoreError: the file is damaged, of a newer format, or cannot be read.
    """
    return read_json(folder / "sweep.json")


def create_header(folder: Path, header: Mapping[str, Any]) -> bool:
    """Commit sweep.json where there is none; whether it is this one."""
    return create(folder / "sweep.json", _checked_json(header))


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Commit a JSON file with the format and a checksum of its own content."""
    commit(path, _checked_json(content))


def read_json(path: Path) -> dict[str, Any] | None:
    """Read what `write_json` wrote, without the checksum; None when there is no such file.

    Raises:
        StoreError: the file is damaged, too large, of a newer format, or cannot be read.
    """
    with one_line(path, "expected a file to read"):
        if not path.exists():
            return None
    body = bounded.read_json(path)
    try:
        digest = body.pop("sha256")
        found = body["format"]
        own_digest = _digest(body)
    except (KeyError, AttributeError, TypeError, RecursionError):
        raise StoreError(f"{path}: damaged, expected JSON with a checksum") from None
    if found not in range(OLDEST, FORMAT + 1):
        readable = f"this version reads {OLDEST} to {FORMAT}"
        raise StoreError(f"{path}: format {shown(found)}, {readable}")
    if digest != own_digest:
        raise StoreError(f"{path}: damaged, its checksum does not match")
    return body


def refuse_old(path: Path, body: Mapping[str, Any] | None) -> None:
    """Refuse to write where an older version has.

    Raises:
        StoreError: the file is of an older format; one line.
    """
    if body is not None and body["format"] != FORMAT:
        raise StoreError(
            f"{path}: format {body['format']}, which this version only reads; choose another folder"
        )


def write_chunk(folder: Path, rows: Rows) -> Path:
    """Commit the results of one chunk."""
    path = own(folder, "chunks") / f"{chunk_id(rows.ids)}.chunk"
    named = {_VALUE + name: values for name, values in rows.arrays.items()}
    commit(path, framed(_MAGIC, path.stem, {_IDS: rows.ids, **named}))
    return path


def read_chunk(path: Path, most_bytes: float = math.inf) -> Rows | None:
    """Read a chunk file; None when anything about it is not as it was written.

    Args:
        path: of the file.
        most_bytes: that it can have.

    Raises:
        StoreError: the file cannot be read.
    """
    data = bounded.read_bytes(path, most_bytes)
    arrays = None if data is None else unframed(_MAGIC, path.stem, data)
    ids = None if arrays is None else arrays.pop(_IDS, None)
    if arrays is None or ids is None or ids.ndim != 1 or ids.dtype != "S16":
        return None
    if any(values.shape[:1] != ids.shape for values in arrays.values()):
        return None
    return Rows(ids, {name.removeprefix(_VALUE): values for name, values in arrays.items()})


def chunk_id(ids: np.ndarray) -> str:
    """What a chunk is called, by the ids of its members in their order."""
    return hashlib.sha256(ids.tobytes()).hexdigest()[:16]


def chunk_files(folder: Path) -> list[Path]:
    """Committed chunk files, in a fixed order."""
    return sorted((folder / "chunks").glob("*.chunk"))


def quarantine(path: Path, folder: Path) -> Path:
    """Move what is in the way to the quarantine of an output folder, and say where it went."""
    aside = own(folder, "quarantine")
    aside.mkdir(exist_ok=True)
    names = itertools.chain([path.name], (f"{path.name}.{number}" for number in itertools.count(1)))
    return path.rename(next(aside / name for name in names if not os.path.lexists(aside / name)))


def _claim(lock: FileIO, folder: Path) -> None:
    """Take the lock and write down whose it is."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().decode(errors="replace").strip()
        raise StoreError(f"{folder}: in use by process {holder}") from None
    if not os.fstat(lock.fileno()).st_nlink:  # the process that made the folder took it away
        raise StoreError(f"{folder}: in use until now; the same command again goes on")
    lock.truncate(0)
    lock.write(str(os.getpid()).encode())


@contextmanager
def _temporary(path: Path, data: bytes) -> Iterator[Path]:
    """A synced file beside the path, to be given its name; removed when that fails."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _checked_json(content: Mapping[str, Any]) -> bytes:
    body = {"format": FORMAT, **content}
    return json.dumps({**body, "sha256": _digest(body)}, indent=1, allow_nan=False).encode()


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
