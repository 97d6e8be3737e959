"""What sweep.json must say of a sweep; another content is refused before anything is made of it."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from superpos.arguments import ArgumentError, shown
from superpos.memory import free_bytes
from superpos.store.bounded import StoreError
from superpos.store.grid import SEED, Grid, canonical_spec, make_grid
from superpos.store.table import Schema, bytes_of, short_names
from superpos.train.schedule import STEP

MOST_STEPS = 10_000_000
"""Times at which something is measured."""
MOST_COUNTED = 500_000
"""The same in a header of format 1, which counts them: a small one could ask for any number."""
_KINDS = "biufc"
_WRITTEN = "as written"
"""What the field `labels` says of the numbers in `axes`."""


def check(path: Path, header: Mapping[str, Any]) -> None:
    """Refuse a header that no sweep has written; a field that is not known is let be.

    Args:
        path: of the file.
        header: its content.

    Raises:
        StoreError: one line that names the file and what is wrong in it.
    """
    fields = {**_FIELDS, **({"coordinates": _is_coordinates} if header["format"] > 1 else {})}
    lacking = [name for name in fields if name not in header]
    if lacking:
        raise StoreError(f"{path}: damaged, expected {', '.join(lacking)} in it")
    for name, is_right in fields.items():
        if not is_right(header[name]):
            raise StoreError(f"{path}: damaged, {name}={shown(header[name])}")
    try:
        for name in ("spec", "fit", "fingerprint"):
            canonical_spec(header[name])
        grid = grid_of(header)
        if "coordinates" not in header and len(coordinates_of(header)[STEP]) > MOST_COUNTED:
            raise ArgumentError(f"fit={shown(header['fit'])}: too many times of measuring")
        check_together(grid, header["schema"], coordinates_of(header))
        check_size(grid.n_members, header["schema"])
    except (ArgumentError, RecursionError) as error:
        raise StoreError(f"{path}: {error}") from None


def check_size(n_members: int, schema: Schema) -> None:
    """Refuse results that do not fit into memory.

    Raises:
        ArgumentError: one line.
    """
    needed, free = n_members * bytes_of(schema), free_bytes()
    if needed > free:
        results = f"results of {n_members:,} members, {needed:,} bytes"
        raise ArgumentError(f"{results}: expected at most {free:,} bytes, which are free")


def header_axes(grid: Grid) -> dict[str, Any]:
    """The axes of a grid for sweep.json."""
    return {
        "axes": {name: values.tolist() for name, values in grid.axes.items()},
        "zipped": [list(axes) for axes in grid.dims.values() if len(axes) > 1],
        "labels": _WRITTEN,
    }


def grid_of(header: Mapping[str, Any]) -> Grid:
    """The grid that `header_axes` wrote down.

    Older versions kept what a program was given. Such a number is read as the shortest that is the
    same in float32, which is the one that was written if that has up to six digits.
    """
    axes = header["axes"]
    if header.get("labels") != _WRITTEN:
        axes = {name: _shortest(name, values) for name, values in axes.items()}
    return make_grid(axes, header["zipped"])


def _shortest(name: str, values: Sequence[float]) -> Sequence[float]:
    return values if name == SEED else [float(str(np.float32(value))) for value in values]


def coordinates_of(header: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    """Dimension of results -> its coordinate: the updates after which something was measured."""
    fit = header["fit"]  # all that format 1 says
    steps = range(fit["log_every"], fit["n_steps"] + 1, fit["log_every"])
    return header.get("coordinates", {STEP: steps})


def check_together(grid: Grid, schema: Schema, coordinates: Mapping[str, Sequence[Any]]) -> None:
    """Refuse results that cannot be in one Dataset with the axes and coordinates.

    Args:
        grid: of the sweep.
        schema: its results.
        coordinates: dimension of results -> values along it.

    Raises:
        ArgumentError: a name is taken, or a dimension has two lengths; one line.
    """
    axes = {*short_names([*grid.axes]).values()}
    lengths = {name: len(values) for name, values in coordinates.items()}
    if sum(lengths.values()) > MOST_STEPS:
        raise ArgumentError(f"{sum(lengths.values()):,} times of measuring")
    dims = {dim for entry in schema.values() for dim in entry["dims"]}
    taken = axes | lengths.keys() | {"status", "fragile"}
    for name, entry in schema.items():
        along = entry["dims"]
        if name in taken or (name in dims and along != [name]):
            raise ArgumentError(f"{name}: expected a name that nothing else has")
        if axes & {*along} or len({*along}) < len(along):
            raise ArgumentError(f"dims of {name}={shown(along)}: expected distinct names")
        for dim, length in zip(along, entry["shape"], strict=True):
            if lengths.setdefault(dim, length) != length:
                raise ArgumentError(f"{name}: {dim} has length {length} and {lengths[dim]}")
    if axes & coordinates.keys():
        raise ArgumentError(f"{min(axes & coordinates.keys())}: an axis and a dimension of results")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and bool(value)


def _is_mapping(of: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A test of a mapping from names to values that pass a test."""
    return lambda value: (
        isinstance(value, dict) and all(map(_is_name, value)) and all(map(of, value.values()))
    )


def _is_list(of: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A test of a list of values that pass a test."""
    return lambda value: isinstance(value, list) and all(map(of, value))


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _is_step(value: Any) -> bool:
    return _is_number(value) and abs(value) < 2**63


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**48


def _is_fit(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    counts = [value.get(name, -1) for name in ("n_steps", "batch_size", "log_every")]
    return all(_is_count(each) and each < 2**31 for each in counts) and 0 not in counts[1:]


def _is_width(value: Any) -> bool:
    return _is_list(_is_count)(value) and len(value) == 2 and 0 not in value


def _is_entry(value: Any) -> bool:
    """Whether a value is what a schema says of a result."""
    if not isinstance(value, dict) or not {"shape", "dtype", "dims"} <= value.keys():
        return False
    try:
        dtype = np.dtype(value["dtype"])
    except Exception:  # it can be anything
        return False
    named = dtype.kind in _KINDS and dtype.name == value["dtype"]
    lists = _is_list(_is_count)(value["shape"]) and _is_list(_is_name)(value["dims"])
    return named and lists and len(value["shape"]) == len(value["dims"])


def _is_schema(value: Any) -> bool:
    if not _is_mapping(_is_entry)(value) or "diverged_step" not in value:
        return False
    single = [value[name] for name in ("diverged_step", "sensitivity") if name in value]
    kinds = [np.dtype(entry["dtype"]).kind for entry in single]
    return all(entry["shape"] == [] for entry in single) and kinds in (["i"], ["i", "f"])


_is_coordinates = _is_mapping(_is_list(_is_step))
_FIELDS: dict[str, Callable[[Any], bool]] = {
    "spec": _is_mapping(lambda _: True),
    "axes": _is_mapping(_is_list(_is_number)),
    "zipped": _is_list(_is_list(_is_name)),
    "fit": _is_fit,
    "schema": _is_schema,
    "width": _is_width,
    "fingerprint": _is_mapping(lambda _: True),
}
