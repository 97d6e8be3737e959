"""The results of a sweep in memory, and as an xarray Dataset."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from superpos.arguments import did_you_mean
from superpos.store.files import Rows, StoreError
from superpos.store.grid import Grid

if TYPE_CHECKING:
    import xarray

Coordinates = Mapping[str, Sequence[Any] | np.ndarray]
"""Name of an own dimension of results -> its coordinate."""
UNITS = {"units": "updates"}
Schema = dict[str, dict[str, Any]]
"""Name of a result -> {"shape": of one member, "dtype", "dims": names of its own dimensions}."""
FRAGILE = 1e-3
"""A member is `fragile`, sensitive to rounding, when its sensitivity is above this."""
_MISSING = {"f": np.nan, "i": -1}
OK = "ok"
"""The status of a member that is finished."""
INVALID, INVALID_STEP = "invalid", 0
"""The status of a member that cannot be trained, and its `diverged_step`: updates count from 1."""


def missing_of(dtype: Any) -> Any:
    """What stands where nothing was measured: nan, -1, or 0 for what is unsigned."""
    return _MISSING.get(np.dtype(dtype).kind, 0)


def numbered_dims(result: str, n_dims: int) -> list[str]:
    """Names of the own dimensions of a result that nothing says."""
    return [f"{result}_{number}" for number in range(n_dims)]


def with_names(held: Schema, now: Schema) -> Schema:
    """A schema in which dimensions that had no name of their own have the one that they have now.

    Args:
        held: as a store has it.
        now: of the same results, as they are called now.
    """
    found = {}
    for result, entry in held.items():
        dims = entry["dims"]
        names = now[result]["dims"] if result in now else dims
        unnamed = numbered_dims(result, len(dims))
        pairs = zip(dims, names, strict=True) if len(dims) == len(names) else ()
        renamed = [name if dim in unnamed else dim for dim, name in pairs] or dims
        found[result] = {**entry, "dims": renamed}
    return found


def is_number(entry: Mapping[str, Any]) -> bool:
    """Whether a result is one real number of a member, or one at each time of measuring."""
    dims = [dim for dim in entry["dims"] if not dim.startswith(("step", "time_"))]
    return not dims and len(entry["dims"]) <= 1 and np.dtype(entry["dtype"]).kind == "f"


def missing(shape: Sequence[int], dtype: Any) -> np.ndarray:
    """Where nothing was measured, in no memory: an array that cannot be written to."""
    return np.broadcast_to(np.asarray(missing_of(dtype), dtype), tuple(shape))


def bytes_of(schema: Mapping[str, Any]) -> int:
    """Memory that the results of one member take."""
    return sum(
        math.prod(entry["shape"]) * np.dtype(entry["dtype"]).itemsize for entry in schema.values()
    )


class Table:
    """One row per member, filled in any order.

    Attributes:
        ids: content hash of each member, (n_members,).
        arrays: name -> values, (n_members, ...); not to be written to before `allocate`.
        present: which members are there, bool (n_members,).
    """

    def __init__(self, ids: np.ndarray, schema: Schema) -> None:
        """Start empty: nan, -1 for integers, 0 for what is unsigned.

        Args:
            ids: content hash of each member, (n_members,).
            schema: what is stored of a member.
        """
        self.ids = ids
        self._number = {member_id: number for number, member_id in enumerate(ids)}
        self.present = np.zeros(len(ids), bool)
        self.arrays = {
            name: missing((len(ids), *entry["shape"]), entry["dtype"])
            for name, entry in schema.items()
        }

    def numbers(self, ids: np.ndarray) -> np.ndarray:
        """The row of each of some members, int64; -1 for one that is not in the sweep."""
        return np.asarray([self._number.get(member_id, -1) for member_id in ids], np.int64)

    def allocate(self) -> None:
        """Take memory, where that was not done yet, so that rows can be filled in."""
        self.arrays = {
            name: values if values.flags.writeable else values.copy()
            for name, values in self.arrays.items()
        }

    def put(self, rows: Rows) -> None:
        """Fill in rows; members that are not in the sweep, or there already, are left out."""
        numbers = self.numbers(rows.ids)
        new = numbers >= 0
        new[new] = ~self.present[numbers[new]]
        if not new.any():
            return
        self.allocate()
        for name, values in rows.arrays.items():
            self.arrays[name][numbers[new]] = values[new]
        self.present[numbers[new]] = True


def to_dataset(
    table: Table, grid: Grid, schema: Schema, within: Coordinates, attrs: Mapping[str, Any]
) -> "xarray.Dataset":
    """Label the results: one dimension per axis, with its values as coordinates.

    A dimension is called after the last part of its axis's dotted key where that is unique.
    """
    short = short_names([*grid.axes])
    lengths = dict(zip((short[name] for name in grid.dims), grid.shape, strict=True))
    coords: dict[str, Any] = {
        short[axis]: (short[dim], values, {"key": axis})
        for dim, axes in grid.dims.items()
        for axis, values in ((axis, grid.axes[axis]) for axis in axes)
    }
    return labelled(table, lengths, coords, schema, within, attrs)


def labelled(
    table: Table,
    lengths: Mapping[str, int],
    coords: Mapping[str, Any],
    schema: Schema,
    within: Coordinates,
    attrs: Mapping[str, Any],
) -> "xarray.Dataset":
    """A Dataset of members that vary along named dimensions.

    Every member has a `status`: "ok", "diverged@<step>", "invalid" or "missing"; and, where
    sensitivities were measured, whether it is `fragile`.

    Args:
        table: the results, a row per member, the last dimension varying fastest.
        lengths: name of a dimension -> its length.
        coords: coordinates along these dimensions, as xarray takes them.
        schema: the names of the dimensions of each result.
        within: coordinates along the own dimensions of results.
        attrs: name -> what is kept as JSON text.
    """
    import xarray

    dims, shape = [*lengths], tuple(lengths.values())
    variables = {
        name: ([*dims, *schema[name]["dims"]], values.reshape(shape + values.shape[1:]))
        for name, values in table.arrays.items()
    }
    variables["status"] = (dims, _statuses(table).reshape(shape))
    if "sensitivity" in variables:
        variables["fragile"] = (dims, variables["sensitivity"][1] > FRAGILE)
    texts = {name: json.dumps(value, sort_keys=True) for name, value in attrs.items()}
    own = {
        name: (name, np.asarray(values), UNITS if name.startswith("step") else {})
        for name, values in within.items()
    }
    return xarray.Dataset(variables, {**coords, **own}, texts)


class Config(dict[str, Any]):
    """A stored configuration, dotted key -> plain value, which says what it lacks."""

    def __missing__(self, key: str) -> Any:
        """Refuse a key that is not there, in one line."""
        raise StoreError(f"{key}: not in the stored config{did_you_mean(key, self)}")


def config_of(dataset: "xarray.Dataset") -> Config:
    """The configuration that all members of a sweep or a multirun share.

    Args:
        dataset: what `sweep` or `store.open` returned, or a part of it.

    Returns:
        Dotted key -> plain value. Axes are not in it, they are coordinates; [] of a key that is
        lacking raises StoreError.

    Raises:
        StoreError: the dataset has no configuration; one line.
    """
    text = dataset.attrs.get("config")
    if text is None:
        raise StoreError("no config in the dataset, expected one that sweep or store.open returned")
    return Config(json.loads(text))


def finished(dataset: "xarray.Dataset") -> "xarray.DataArray":
    """Which members are there and did not diverge: those with status "ok".

    Args:
        dataset: what `sweep` or `store.open` returned, or a part of it.

    Returns:
        bool, with the dimensions and coordinates of `status`.
    """
    return dataset["status"] == OK


def label_text(value: Any) -> str:
    """A plain value as a label among labels that are text."""
    words = {None: "none", True: "true", False: "false"}
    return words[value] if value is None or type(value) is bool else str(value)


def short_names(keys: Sequence[str]) -> dict[str, str]:
    """Dotted key -> its last part, or the whole key where another key ends in the same way."""
    last = {key: key.rsplit(".", 1)[-1] for key in keys}
    counts = {name: list(last.values()).count(name) for name in last.values()}
    return {
        key: name if counts[name] == 1 and not name.isdigit() else key for key, name in last.items()
    }


def invalid_rows(ids: np.ndarray, schema: Schema) -> Rows:
    """Members whose values do not go together, which are never trained.

    Args:
        ids: content hash of each, (k,).
        schema: what is stored of a member.

    Returns:
        What stands for nothing measured, with a `diverged_step` that no training has.
    """
    steps = np.full(len(ids), INVALID_STEP, np.int32)
    return Rows(ids, {**Table(ids, schema).arrays, "diverged_step": steps})


def _statuses(table: Table) -> np.ndarray:
    diverged = table.arrays["diverged_step"]
    statuses = np.where(diverged < 0, OK, np.char.add("diverged@", diverged.astype(str)))
    statuses = np.where(diverged == INVALID_STEP, INVALID, statuses)
    return np.where(table.present, statuses, "missing")
