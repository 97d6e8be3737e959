"""Sweeps of different shapes, merged into one table and one Dataset."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from superpos.train.grid import Grid, distinct
from superpos.train.store import coordinates_of
from superpos.train.table import Schema, Table, labelled, short_names

if TYPE_CHECKING:
    import xarray

Sweep = tuple[dict[str, Any], Grid, Table]
"""As `store.read_sweep` returns it."""


class _Layout(NamedTuple):
    """Where members are: name of a dimension -> its length, coordinates, and the row of each."""

    lengths: dict[str, int]
    coords: dict[str, Any]
    rows: np.ndarray


def merged(
    values: Mapping[str, Sequence[Any]],
    *,
    ids: Sequence[str],
    groups: Sequence[str],
    sweeps: Mapping[str, Sweep],
    attrs: Mapping[str, Any],
) -> "xarray.Dataset":
    """The Dataset of `multirun.open_multirun`.

    Args:
        values: dotted key -> the value of each member, a list (n_members,).
        ids: content hash of each member.
        groups: the sweep of each member.
        sweeps: name -> what is on disk of it; a sweep that is not there is missing.
        attrs: name -> what is kept as JSON text.

    Returns:
        The Dataset, with a dimension per key, or a single one called `job`.
    """
    headers = [header for header, _, _ in sweeps.values()]
    within = _within(headers)
    schemas = [header["schema"] for header in headers]
    names = _result_names(schemas, within)
    schema = _schema(names, schemas, within)
    taken = {*schema, *(dim for entry in schema.values() for dim in entry["dims"])}
    layout = _layout(values, len(ids), taken | {"job", "step", "status", "fragile"})
    encoded = np.asarray(ids, "S16")
    whole = Table(encoded, schema)
    for name, (header, _, table) in sweeps.items():
        asked = np.flatnonzero(np.asarray(groups) == name)
        numbers = table.numbers(encoded[asked])
        there = (numbers >= 0) & table.present[numbers]
        rows, numbers = layout.rows[asked[there]], numbers[there]
        whole.present[rows] = True
        for result, array in table.arrays.items():
            entry = header["schema"][result]
            own = coordinates_of(header)
            inside = [
                np.searchsorted(within[dim], own[dim]) if dim in own else np.arange(length)
                for dim, length in zip(entry["dims"], entry["shape"], strict=True)
            ]
            into = whole.arrays[names[result, tuple(entry["dims"])]]
            into[np.ix_(rows, *inside)] = array[numbers]
    return labelled(whole, layout.lengths, layout.coords, schema, within, attrs)


def _result_names(
    schemas: Sequence[Schema], coordinates: Collection[str]
) -> dict[tuple[str, tuple[str, ...]], str]:
    """A result and its dimensions -> its name: its own, or a longer one where that is taken."""
    names: dict[tuple[str, tuple[str, ...]], str] = {}
    for schema in schemas:
        for result, entry in schema.items():
            dims = tuple(entry["dims"])
            taken = result in names.values() or result in coordinates
            names.setdefault((result, dims), ".".join([result, *dims]) if taken else result)
    return names


def _within(headers: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Own dimension of results -> all values along it in any of the sweeps, ascending."""
    found: dict[str, set[Any]] = {"step": set()}
    for header in headers:
        for dim, values in coordinates_of(header).items():
            found.setdefault(dim, set()).update(values)
    return {dim: np.asarray(sorted(values)) for dim, values in found.items() if values} | {
        dim: np.zeros(0, np.int64) for dim, values in found.items() if not values
    }


def _schema(
    names: Mapping[tuple[str, tuple[str, ...]], str],
    schemas: Sequence[Schema],
    within: Mapping[str, np.ndarray],
) -> Schema:
    """What is stored of a member of any of the sweeps: the largest shape of each result."""
    lengths: dict[str, int] = {}
    dtypes: dict[str, np.dtype] = {"diverged_step": np.dtype(np.int32)}
    dims: dict[str, list[str]] = {"diverged_step": []}
    for schema in schemas:
        for result, entry in schema.items():
            name = names[result, tuple(entry["dims"])]
            dims[name] = entry["dims"]
            dtypes[name] = np.result_type(dtypes.get(name, entry["dtype"]), entry["dtype"])
            for dim, length in zip(entry["dims"], entry["shape"], strict=True):
                lengths[dim] = max(length, lengths.get(dim, 0))
    lengths |= {dim: len(values) for dim, values in within.items()}
    return {
        name: {"shape": [lengths[dim] for dim in own], "dtype": dtypes[name].name, "dims": own}
        for name, own in dims.items()
    }


def _layout(values: Mapping[str, Sequence[Any]], n_members: int, taken: set[str]) -> _Layout:
    """A dimension per key where the members are the product of their values, else `job`."""
    short = {
        key: f"config.{key}" if name in taken else name
        for key, name in short_names([*values]).items()
    }
    columns = {key: _column(column) for key, column in values.items()}
    axes = {key: _distinct(column) for key, column in columns.items()}
    lengths = {short[key]: len(axis) for key, (axis, _) in axes.items()}
    if math.prod(lengths.values()) == n_members:
        rows = np.zeros(n_members, np.int64)
        for axis, codes in axes.values():
            rows = rows * len(axis) + codes
        if len(np.unique(rows)) == n_members:
            coords = {
                short[key]: (short[key], axis, {"key": key}) for key, (axis, _) in axes.items()
            }
            return _Layout(lengths, coords, rows)
    rows = np.arange(n_members)
    coords = {short[key]: ("job", column, {"key": key}) for key, column in columns.items()}
    return _Layout({"job": n_members}, {"job": rows, **coords}, rows)


def _column(values: Sequence[Any]) -> np.ndarray:
    """Values as an array of numbers or of bools, where all are, else of text."""
    kinds = {type(value) for value in values}
    if kinds == {bool} or kinds <= {int, float}:
        return np.asarray(values)
    words = {None: "none", True: "true", False: "false"}
    return np.asarray(
        [words[value] if value is None or type(value) is bool else str(value) for value in values]
    )


def _distinct(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct values, numbers ascending and others as they first appear, and their codes."""
    if column.dtype.kind in "if":
        return np.unique(column, return_inverse=True)
    first, codes = distinct([column])
    return column[first], codes
