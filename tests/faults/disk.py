"""A disk that fails at one file operation: of this process, until it ends.

`Disk.install` puts itself between Python and the operating system: functions of `os` that change
a disk, and files that are opened, down to each write that leaves Python's buffers. So what Python
holds back is lost in a kill, and what was not synced is lost with the power.
"""

import builtins
import errno
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

KILLED = 77
"""Exit code of a process that the disk ended."""
ERRORS = ("ENOSPC", "EIO")
FAULTS = ("kill", "cut", "zeros", "lost", *ERRORS)
"""kill: the process ends. cut, zeros, lost: and so does the power; data that were not synced are
cut off or zero, names are as they were left; or names are as they were when their folder was last
synced. ENOSPC: from here on nothing can be added. EIO: this one operation fails."""
CHANGES = (
    *("fsync", "fdatasync", "rename", "replace", "link", "symlink", "unlink", "remove", "mkdir"),
    *("rmdir", "truncate", "ftruncate", "write", "pwrite", "open"),
)
ADDS = {"open to write", "write", "pwrite", "mkdir", "fsync", "fdatasync", "link", "symlink"}

_REAL: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in CHANGES}
_open = io.open


class Disk:
    """Counts the file operations below a folder and fails at one of them.

    Attributes:
        operations: names of the operations so far.
    """

    def __init__(self, root: Path, at: int | None = None, fault: str = "") -> None:
        """Take what is there as safe on the disk.

        Args:
            root: folder, of which nothing outside is counted.
            at: number of the operation that fails; None counts only.
            fault: one of FAULTS.
        """
        self.root, self.at, self.fault = os.path.realpath(root), at, fault
        self.operations: list[str] = []
        self._kept: list[int] = []  # open for good, so that no inode is given away again
        self._data: dict[int, bytes] = {}  # inode -> what is safe of it
        self._names: dict[str, int | None] = {}  # path -> inode that is safe there; None a folder
        for path in root.rglob("*"):
            self._names[str(path)] = None if path.is_dir() else path.stat().st_ino
            if path.is_file():
                self._kept.append(_REAL["open"](path, os.O_RDONLY))
                self._data[path.stat().st_ino] = path.read_bytes()

    def install(self) -> None:
        """From now on every file operation of this process goes through here."""
        for name in CHANGES:
            setattr(os, name, self._counted(name))
        builtins.open = io.open = self._open_file

    def step(self, name: str, partly: Callable[[], Any] = lambda: None) -> None:
        """Do an operation next; where it is the one that fails, only a part of it is done."""
        self.operations.append(name)
        number = len(self.operations) - 1
        if number == self.at:
            partly()
            if self.fault not in ERRORS:
                self._lose_power()
                os._exit(KILLED)
            raise _error(self.fault)
        if self.fault == "ENOSPC" and self.at is not None and number > self.at and name in ADDS:
            raise _error(self.fault)

    def _counted(self, name: str) -> Callable[..., Any]:
        def operation(*args: Any, **kwargs: Any) -> Any:
            if not self._is_inside(args[0]):
                return _REAL[name](*args, **kwargs)
            self.step(name)
            if "sync" not in name:
                return _REAL[name](*args, **kwargs)
            return self._sync(os.path.realpath(f"/proc/self/fd/{args[0]}"))

        return operation

    def _open_file(self, file: Any, mode: str = "r", buffering: int = -1, *args: Any) -> Any:
        if isinstance(file, int) or not self._is_inside(file):
            return _open(file, mode, buffering, *args)
        if not set(mode) & set("wax+"):
            self.step("open to read")
            return _open(file, mode, buffering, *args)
        self.step("open to write")
        raw = _Raw(file, mode.replace("b", "").replace("t", ""))
        raw.disk = self
        self._kept.append(os.dup(raw.fileno()))
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *args)

    def _is_inside(self, file: Any) -> bool:
        path = f"/proc/self/fd/{file}" if isinstance(file, int) else os.fspath(file)
        return f"{os.path.realpath(path)}/".startswith(f"{self.root}/")

    def _sync(self, path: str) -> None:
        """What is in a file, or which names a folder holds, is safe from now on."""
        if not os.path.isdir(path):
            self._data[os.stat(path).st_ino] = _content(path)
            return
        below = {name: inode for name, inode in self._live().items() if _folder(name) == path}
        safe = {name: inode for name, inode in self._names.items() if _folder(name) != path}
        self._names = {**safe, **below}

    def _live(self) -> dict[str, int | None]:
        return {
            str(path): None if path.is_dir() else path.stat().st_ino
            for path in Path(self.root).rglob("*")
        }

    def _lose_power(self) -> None:
        """Leave on the disk what is still there after a loss of power."""
        if self.fault == "kill":
            return
        live = self._live()
        content = {name: _content(name) for name, inode in live.items() if inode is not None}
        names, after = (self._names if self.fault == "lost" else live), {}
        for name, inode in sorted(names.items()):
            safe = None if inode is None else self._data.get(inode, b"")
            zeros = self.fault == "zeros" and safe is not None and safe != content[name]
            after[name] = b"\0" * len(content[name]) if zeros else safe
        for entry in list(os.scandir(self.root)):
            shutil.rmtree(entry) if entry.is_dir() else _REAL["unlink"](entry)
        for name, data in after.items():
            if not os.path.isdir(_folder(name)):
                continue  # the folder itself was lost
            if data is None:
                _REAL["mkdir"](name)
            else:
                with _open(name, "wb") as file:
                    file.write(data)


class _Raw(io.FileIO):
    """A file below Python's buffers."""

    disk: Disk

    def write(self, data: Any) -> int:
        half = bytes(data)[: len(data) // 2]
        self.disk.step("write", lambda: super(_Raw, self).write(half))
        return super().write(data)

    def truncate(self, size: int | None = None) -> int:
        self.disk.step("truncate")
        return super().truncate(size)


def _content(path: str) -> bytes:
    with _open(path, "rb") as file:
        return file.read()


def _folder(path: str) -> str:
    return os.path.dirname(path)


def _error(fault: str) -> OSError:
    code = getattr(errno, fault)
    return OSError(code, os.strerror(code))
