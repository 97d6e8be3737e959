"""`superpos export FOLDER FILE`: results as zarr, netCDF, parquet or csv."""

import sys
from collections.abc import Sequence

from superpos.app import terminal
from superpos.app.extensions import program
from superpos.arguments import ArgumentError
from superpos.store.export import export
from superpos.train import StoreError, store


def main(arguments: Sequence[str]) -> int:
    """Export one folder and say what was written.

    Args:
        arguments: the folder, and the file to write.

    Returns:
        0, or 2 when it is refused.
    """
    parser = terminal.Parser(prog=f"{program()} export", description=__doc__)
    parser.add_argument("folder", help="of a sweep or a multirun")
    parser.add_argument("file", help="a new name that ends in .zarr, .nc, .parquet or .csv")
    given = parser.parse_args(arguments)
    try:
        dataset = store.open(given.folder)
        export(dataset, given.file)
    except (StoreError, ArgumentError) as error:
        print(f"superpos: {error}", file=sys.stderr)
        return 2
    n_missing = int((dataset["status"] == "missing").sum())
    print(f"{given.file}: {dataset['status'].size} members, {n_missing} of them missing")
    return 0
