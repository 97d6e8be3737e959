"""Sweeps of different shapes, merged into one table and one Dataset."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from superpos.store.grid import SEED, Grid, distinct
from superpos.store.header import check_size, coordinates_of
from superpos.store.reading import Swept
from superpos.store.table import Schema, Table, label_text, labelled, short_names

if TYPE_CHECKING:
    import xarray


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
    zipped: Sequence[Sequence[str]],
    sweeps: Mapping[str, Swept],
    attrs: Mapping[str, Any],
) -> "xarray.Dataset":
    """The Dataset of `multirun.open_multirun`.

    Args:
        values: dotted key -> the value of each member, a list (n_members,).
        ids: content hash of each member.
        groups: the sweep of each member.
        zipped: groups of keys that vary together.
        sweeps: name -> what is on disk of it; a sweep that is not there is missing.
        attrs: name -> what is kept as JSON text.

    Returns:
        The Dataset, with a dimension per key or zipped group, or a single one called `job`. For
        `store.member` it has the sweep of each member as the coordinate `group`, axes of these
        sweeps that are no key as coordinates too, and in the attribute `groups` for each sweep its
        configuration, its axes, and which of its results have another name here.

    Raises:
        ArgumentError: the whole does not fit into memory; one line.
    """
    headers = [header for header, _, _ in sweeps.values()]
    within = _within(headers)
    schemas = [header["schema"] for header in headers]
    names = _result_names(schemas, within)
    schema = _schema(names, schemas, within)
    taken = {*schema, *(dim for entry in schema.values() for dim in entry["dims"])}
    reserved = {"job", "group", "step", "status", "fragile"}
    layout = _layout(values, zipped, len(ids), taken | reserved)
    own = _own_axes(sweeps, values, len(ids))
    encoded = np.asarray(ids, "S16")
    check_size(len(ids), schema)
    whole = Table(encoded, schema)
    whole.allocate()
    for name, (header, grid, table) in sweeps.items():
        asked = np.flatnonzero(np.asarray(groups) == name)
        numbers = table.numbers(encoded[asked])
        there = (numbers >= 0) & table.present[numbers]
        for axis in own.keys() & grid.axes.keys():
            own[axis][asked[there]] = grid.column(axis)[numbers[there]]
        rows, numbers = layout.rows[asked[there]], numbers[there]
        whole.present[rows] = True
        for result, array in table.arrays.items():
            entry = header["schema"][result]
            along = coordinates_of(header)
            inside = [
                np.searchsorted(within[dim], along[dim]) if dim in along else np.arange(length)
                for dim, length in zip(entry["dims"], entry["shape"], strict=True)
            ]
            into = whole.arrays[names[result, tuple(entry["dims"])]]
            into[np.ix_(rows, *inside)] = array[numbers]
    lengths, order = layout.lengths, np.argsort(layout.rows)
    coords = dict(layout.coords)
    for name, column in {"group": np.asarray(groups), **own}.items():
        key = {} if name == "group" else {"key": name}
        coords[name] = ([*lengths], column[order].reshape([*lengths.values()]), key)
    made = {name: _made(header, grid, names) for name, (header, grid, _) in sweeps.items()}
    return labelled(whole, lengths, coords, schema, within, {**attrs, "groups": made})


def _own_axes(
    sweeps: Mapping[str, Swept], values: Mapping[str, Any], n_members: int
) -> dict[str, np.ndarray]:
    """For axes of sweeps that are no key, the seed apart: (n_members,), to be filled in."""
    axes = dict.fromkeys(axis for _, grid, _ in sweeps.values() for axis in grid.axes)
    return {axis: np.full(n_members, np.nan) for axis in axes if axis not in {*values, SEED}}


def _made(
    header: Mapping[str, Any], grid: Grid, names: Mapping[tuple[str, tuple[str, ...]], str]
) -> dict[str, Any]:
    """What a sweep was made with, and what some of its results are called in the whole."""
    found = {result: names[result, tuple(e["dims"])] for result, e in header["schema"].items()}
    renamed = {result: name for result, name in found.items() if result != name}
    return {"config": header["spec"], "axes": [*grid.axes], "renamed": renamed}


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


def _layout(
    values: Mapping[str, Sequence[Any]],
    zipped: Sequence[Sequence[str]],
    n_members: int,
    taken: set[str],
) -> _Layout:
    """A dimension per key where the members are the product of their values, else `job`.

    Keys that are zipped have one dimension, with the distinct rows of their values.
    """
    short = {
        key: f"config.{key}" if name in taken else name
        for key, name in short_names([*values]).items()
    }
    columns = {key: _column(column) for key, column in values.items()}
    later = {key for group in zipped for key in group[1:]}
    dims = {key: [key] for key in columns if key not in later}
    dims |= {group[0]: [*group] for group in zipped}
    places = {dim: _rows([columns[key] for key in keys]) for dim, keys in dims.items()}
    lengths = {short[dim]: len(first) for dim, (first, _) in places.items()}
    if math.prod(lengths.values()) == n_members:
        rows = np.zeros(n_members, np.int64)
        for first, codes in places.values():
            rows = rows * len(first) + codes
        if len(np.unique(rows)) == n_members:
            coords = {
                short[key]: (short[dim], columns[key][places[dim][0]], {"key": key})
                for dim, keys in dims.items()
                for key in keys
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
    return np.asarray([label_text(value) for value in values])


def _rows(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Where each distinct row is, in ascending order of the codes, and the number of every row."""
    codes = np.stack([_codes(column) for column in columns], axis=1)
    _, first, numbers = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    return first, numbers.ravel()


def _codes(column: np.ndarray) -> np.ndarray:
    """The number of each value: numbers ascending and others as they first appear."""
    if column.dtype.kind in "if":
        return np.unique(column, return_inverse=True)[1]
    return distinct([column])[1]
