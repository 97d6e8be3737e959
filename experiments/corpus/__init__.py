"""Real text and a real language model, fetched once by `make corpus` and never at run time."""

from pathlib import Path

from superpos.arguments import ArgumentError

FOLDER = Path(__file__).resolve().parents[2] / "corpus"
"""Where `make corpus` puts them, a folder each."""


def folder_of(name: str, folder: Path = FOLDER) -> Path:
    """The folder of a package that was fetched.

    Args:
        name: of the package: smollm2, austen, kjv or brown.
        folder: of all packages.

    Raises:
        ArgumentError: it was not fetched; one line.
    """
    if not (folder / name).is_dir():
        raise ArgumentError(f"{folder / name}: missing, expected what `make corpus` fetches")
    return folder / name
