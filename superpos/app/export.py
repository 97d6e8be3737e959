"""`superpos export FOLDER FILE`: results as zarr, netCDF, parquet or csv, or one trained model.

A FILE that ends in .safetensors is one model, described in a .json beside it; `coordinate=label`
says which: `superpos export outputs/demo/sweep target.safetensors density=0.05 seed=3`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from superpos.app import terminal
from superpos.app.extensions import program
from superpos.app.jobs import UsageError
from superpos.app.registry import registry
from superpos.arguments import ArgumentError
from superpos.store.export import FORMATS, export
from superpos.store.target import SUFFIX, write_target
from superpos.train import StoreError, store


def main(arguments: Sequence[str]) -> int:
    """Export one folder and say what was written.

    Args:
        arguments: the folder, and the file to write.

    Returns:
        0.

    Raises:
        UsageError: the words or the folder cannot be; one line.
    """
    parser = terminal.Parser(prog=f"{program()} export", description=__doc__)
    parser.add_argument("folder", help="of a sweep or a multirun")
    endings = f"{', '.join(FORMATS)} or {SUFFIX}"
    parser.add_argument("file", help=f"a new name that ends in {endings}")
    parser.add_argument("label", nargs="*", help=f"coordinate=label of the model, of {SUFFIX}")
    given = parser.parse_args(arguments)
    try:
        if given.file.endswith(SUFFIX):
            return _write_target(given.folder, given.file, given.label)
        if Path(given.file).suffix not in FORMATS:
            raise ArgumentError(f"{given.file}: expected a name that ends in {endings}")
        if given.label:
            raise ArgumentError(f"{given.label[0]}: expected no label, as all members are written")
        dataset = store.open(given.folder)
        export(dataset, given.file)
    except (StoreError, ArgumentError) as error:
        raise UsageError(str(error)) from None
    n_missing = int((dataset["status"] == "missing").sum())
    print(f"{given.file}: {dataset['status'].size} members, {n_missing} of them missing")
    return 0


def _write_target(folder: str, file: str, labels: Sequence[str]) -> int:
    """Write one model and say what it is."""
    selection = dict(map(_label, labels))
    found = write_target(folder, registry(), file, command=_command(Path(folder)), **selection)
    listed = ", ".join(f"{name} {each['shape']}" for name, each in found["arrays"].items())
    print(f"{file}: {found['model']['kind']}, {listed}; sha256 {found['sha256'][:16]}")
    return 0


def _label(word: str) -> tuple[str, Any]:
    """A coordinate and its label, a number where it reads as one.

    Raises:
        ArgumentError: there is no "="; one line.
    """
    name, sign, value = word.partition("=")
    if not (name and sign and value):
        raise ArgumentError(f"{word}: expected coordinate=label, as in density=0.05")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _command(folder: Path) -> str | None:
    """The command line that is kept beside a variant's folder, or in that of a multirun."""
    for place in (folder, folder.parent):
        try:
            kept = yaml.safe_load((place / "config.yaml").read_text())
        except (OSError, ValueError, yaml.YAMLError):
            continue
        if isinstance(kept, dict) and isinstance(kept.get("command"), str):
            return kept["command"]
    return None
