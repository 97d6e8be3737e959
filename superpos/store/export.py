"""Sweeps and multiruns in formats that other tools read."""

import os
import shutil
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from superpos.arguments import ArgumentError
from superpos.store import files
from superpos.store.table import finished

if TYPE_CHECKING:
    import xarray

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def export(dataset: "xarray.Dataset", path: str | Path) -> None:
    """Write a dataset that `store.open` or `sweep` returned in the format that the suffix says.

    .zarr (of format 2) and .nc (netCDF-4) hold all of it, and xarray reads the same back.

    .parquet and .csv have a row per member: its coordinates, its status, every result that is one
    number, and of every metric that is one number the value at `step`, the last step at which the
    member has any. Arrays, such as W, b and the metrics per feature, are left out, as are the
    attributes. In .csv a text that a spreadsheet would run as a formula begins with a single quote.

    Args:
        dataset: the dataset.
        path: where to; nothing may be there yet. It appears whole or not at all.

    Raises:
        ArgumentError: an unknown suffix, a path that is taken or cannot be written, or a library
            that is not installed; one line.
    """
    path = Path(path)
    chosen = FORMATS.get(path.suffix)
    if chosen is None:
        raise ArgumentError(f"{path}: expected a name that ends in {', '.join(FORMATS)}")
    missing = [name for name in chosen.needs if find_spec(name) is None]
    if missing:
        raise ArgumentError(f"{path}: needs {', '.join(missing)}; pip install 'superpos[export]'")
    if os.path.lexists(path):
        raise ArgumentError(f"{path}: is there already, expected a new name")
    if not os.path.isdir(path.parent):
        raise ArgumentError(f"{path}: expected a name in a folder that is there")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        chosen.write(dataset, temporary)
        for written in (temporary, *temporary.rglob("*")):
            files.sync(written)
        temporary.rename(path)
        files.sync(path.parent)
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())
        raise ArgumentError(f"{path}: cannot write ({reason})") from None
    finally:
        _remove(temporary)


def _to_zarr(dataset: "xarray.Dataset", path: Path) -> None:
    # Format 3 has no specification for text of a fixed length yet.
    dataset.to_zarr(path, mode="w-", zarr_format=2)


def _to_netcdf(dataset: "xarray.Dataset", path: Path) -> None:
    dataset.to_netcdf(path, engine="h5netcdf")


def _to_parquet(dataset: "xarray.Dataset", path: Path) -> None:
    _rows(dataset).to_parquet(path, engine="pyarrow", index=False)


def _to_csv(dataset: "xarray.Dataset", path: Path) -> None:
    rows = _rows(dataset)
    texts = {name: column.map(_inert) for name, column in rows.items() if column.dtype.kind == "O"}
    # Lines end as RFC 4180 says; else a return inside a text would not be quoted, and end its line.
    rows.assign(**texts).rename(columns=_inert).to_csv(
        path, index=False, na_rep="nan", lineterminator="\r\n"
    )


class _Format(NamedTuple):
    write: Callable[["xarray.Dataset", Path], None]
    needs: tuple[str, ...]


FORMATS = {
    ".zarr": _Format(_to_zarr, ("zarr",)),
    ".nc": _Format(_to_netcdf, ("h5netcdf", "h5py")),
    ".parquet": _Format(_to_parquet, ("pyarrow",)),
    ".csv": _Format(_to_csv, ()),
}


def _rows(dataset: "xarray.Dataset") -> Any:
    """A pandas DataFrame with a row per member."""
    import xarray

    status = dataset["status"]
    dims = {*status.dims}
    results = {str(name): array for name, array in dataset.items() if {*array.dims} == dims}
    metrics = [str(name) for name, array in dataset.items() if {*array.dims} == {*dims, "step"}]
    if metrics and dataset.sizes["step"]:
        last = _last_step(dataset, metrics)
        results |= {name: dataset[name].isel(step=last) for name in ("step", *metrics)}
    columns = {**status.coords, "status": status, **results}
    row = " row"  # as no column is called
    flat = {
        name: (row, array.broadcast_like(status).transpose(*status.dims).values.ravel())
        for name, array in columns.items()
    }
    return xarray.Dataset(flat).to_dataframe()


def _last_step(dataset: "xarray.Dataset", metrics: Iterable[str]) -> "xarray.DataArray":
    """The number of the last step at which each member has a metric; -1, the very last, if not ok.

    Members of one multirun may have been measured at different steps.
    """
    measured = dataset["status"].isnull()
    for name in metrics:
        if dataset[name].dtype.kind == "f":
            measured = measured | dataset[name].notnull()
    number = dataset["step"].copy(data=np.arange(dataset.sizes["step"]))
    return number.where(measured, -1).max("step").where(finished(dataset), -1)


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _remove(path: Path) -> None:
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()
