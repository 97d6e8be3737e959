"""`superpos export FOLDER FILE`: results as zarr, netCDF, parquet or csv."""

from collections.abc import Sequence

from superpos.app import terminal
from superpos.app.extensions import program
from superpos.app.jobs import UsageError
from superpos.arguments import ArgumentError
from superpos.store.export import export
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
    parser.add_argument("file", help="a new name that ends in .zarr, .nc, .parquet or .csv")
    given = parser.parse_args(arguments)
    try:
        dataset = store.open(given.folder)
        export(dataset, given.file)
    except (StoreError, ArgumentError) as error:
        raise UsageError(str(error)) from None
    n_missing = int((dataset["status"] == "missing").sum())
    print(f"{given.file}: {dataset['status'].size} members, {n_missing} of them missing")
    return 0
