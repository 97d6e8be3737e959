"""The members of a sweep: axes, their product, and the identity of each member."""

import functools
import hashlib
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from superpos.arguments import ArgumentError, shown
from superpos.store.labels import SEED, as_inputs, labels_of

ID = "S16"
"""The dtype of a content hash, 16 hexadecimal digits."""
START = "start "
"""Beside the axes of a point, as no axis is called."""
MOST_MEMBERS = 4_000_000
"""In one sweep: their ids are computed at the start, in half a minute, and all results are held in
memory."""


@dataclass(frozen=True)
class Grid:
    """The product of the dimensions of a sweep.

    Attributes:
        axes: name -> the numbers as they were written, (n,): int64 where all are integers, else
            float64. They label the results; a program is given `inputs`.
        dims: name of a dimension -> the axes that vary along it, in written order.
        starts: what is folded into the key of the start of each point, uint32 (n_points, 2); None
            where points that share a seed share their start.
    """

    axes: dict[str, np.ndarray]
    dims: dict[str, tuple[str, ...]]
    starts: np.ndarray | None = None

    @functools.cached_property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""
        return tuple(len(self.axes[names[0]]) for names in self.dims.values())

    @property
    def n_members(self) -> int:
        """Number of members."""
        return math.prod(self.shape)

    def inputs(self, axis: str) -> np.ndarray:
        """The values of an axis as a program is given them: float32, or uint32 of the seed."""
        return as_inputs(axis, self.axes[axis])

    def column(self, axis: str) -> np.ndarray:
        """The label of each member on an axis, in their order, (n_members,)."""
        place = next(at for at, names in enumerate(self.dims.values()) if axis in names)
        shape = [-1 if at == place else 1 for at in range(len(self.shape))]
        return np.broadcast_to(self.axes[axis].reshape(shape), self.shape).ravel()

    @functools.cached_property
    def seeds(self) -> np.ndarray:
        """Distinct seeds, uint32 (n_seeds,); [0] when no axis is called `seed`."""
        return self._with_seed[SEED][self._seed_of[0]]

    @functools.cached_property
    def points(self) -> dict[str, np.ndarray]:
        """Values of every other axis at each point of the grid, float32 (n_points,)."""
        first, _ = self._row_of
        dims = [{name: self.inputs(name) for name in names} for names in self._without_seed]
        dims.append({name: v[first] for name, v in self._with_seed.items() if name != SEED})
        index = np.indices(
            [*(len(self.axes[names[0]]) for names in self._without_seed), len(first)]
        )
        return {
            name: values[positions.ravel()]
            for positions, named in zip(index, dims, strict=True)
            for name, values in named.items()
        }

    @property
    def given(self) -> dict[str, np.ndarray]:
        """What a program is given of each point: values of the axes, and START if it has one."""
        return self.points if self.starts is None else {**self.points, START: self.starts}

    @functools.cached_property
    def members(self) -> np.ndarray:
        """Number of the member at each point and seed, (n_points, n_seeds); -1 for none."""
        numbers = np.arange(self.n_members).reshape(self.shape)
        seeded = [SEED in names for names in self.dims.values()]
        numbers = (
            np.moveaxis(numbers, seeded.index(True), -1) if any(seeded) else numbers[..., None]
        )
        first, row = self._row_of
        members = np.full((*numbers.shape[:-1], len(first), len(self.seeds)), -1)
        members[..., row, self._seed_of[1]] = numbers
        return members.reshape(-1, len(self.seeds))

    @property
    def _without_seed(self) -> list[tuple[str, ...]]:
        return [names for names in self.dims.values() if SEED not in names]

    @property
    def _with_seed(self) -> dict[str, np.ndarray]:
        """The seeds and the axes that vary together with them."""
        names = next((names for names in self.dims.values() if SEED in names), ())
        return {name: self.inputs(name) for name in names} or {SEED: np.zeros(1, np.uint32)}

    @functools.cached_property
    def _seed_of(self) -> tuple[np.ndarray, np.ndarray]:
        return distinct([self._with_seed[SEED]])

    @functools.cached_property
    def _row_of(self) -> tuple[np.ndarray, np.ndarray]:
        return distinct([v for name, v in self._with_seed.items() if name != SEED])

    def of_members(self, of_points: np.ndarray | bool) -> np.ndarray:
        """What is said of each point, (n_points,), of each member, (n_members,)."""
        there = self.members >= 0
        found = np.empty(self.n_members, bool)
        found[self.members[there]] = np.broadcast_to(np.c_[of_points], there.shape)[there]
        return found

    def missing(self, present: np.ndarray) -> np.ndarray:
        """Which members are still to be trained, bool (n_points, n_seeds).

        Args:
            present: which members are there, bool (n_members,).
        """
        return (self.members >= 0) & ~present[self.members]

    def member_ids(self, spec: Mapping[str, Any]) -> np.ndarray:
        """Content hash of the resolved configuration of each member.

        Args:
            spec: configuration shared by all, dotted key -> value; an axis of the same name
                takes its place.

        Returns:
            16 hexadecimal digits each, (n_members,), in the order of `members`.

        Raises:
            RuntimeError: two members share an id.
        """
        ids = np.empty(self.n_members, ID)
        for config, row in zip(self._configs(spec), self.members, strict=True):
            for seed, member in zip(self.seeds[row >= 0], row[row >= 0], strict=True):
                ids[member] = _digest({**config, SEED: int(seed)})[:16].encode()
        if len(np.unique(ids)) != len(ids):
            raise RuntimeError("two members of the sweep have the same content hash")
        return ids

    def digests(self, spec: Mapping[str, Any]) -> np.ndarray:
        """Content hash of the configuration of each point, without a seed, uint32 (n_points, 2).

        Args:
            spec: as of `member_ids`.
        """
        texts = [_digest(config) for config in self._configs(spec)]
        words = [[int(text[:8], 16), int(text[8:16], 16)] for text in texts]
        return np.asarray(words, np.uint32).reshape(-1, 2)

    def _configs(self, spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The whole configuration of each point, without a seed."""
        shared = canonical_spec(spec)
        for point in range(len(self.members)):
            values = {name: canonical(column[point]) for name, column in self.points.items()}
            yield {**shared, **values}


def make_grid(axes: Mapping[str, Sequence[float]], zipped: Sequence[Sequence[str]] = ()) -> Grid:
    """Check the axes of a sweep and multiply them out.

    Args:
        axes: name -> values; `seed` takes integers in [0, 2³²), any other axis numbers that are
            finite and distinct in float32, which is what a program is given.
        zipped: groups of axes that vary together, along a dimension named after the first.

    Returns:
        The grid, with one dimension per axis or zipped group, in written order.

    Raises:
        ArgumentError: an axis is empty, not finite or repeats a value, or zipped axes have
            different lengths; one line.
    """
    if not isinstance(axes, Mapping) or not all(isinstance(name, str) for name in axes):
        raise ArgumentError(f"axes={shown(axes)}: expected a name and values for each axis")
    lengths = {name: _length(name, values) for name, values in axes.items()}
    dims: dict[str, tuple[str, ...]] = {name: (name,) for name in axes}
    for group in zipped:
        _check_zipped(group, lengths, dims)
        dims[group[0]] = tuple(group)
        for name in group[1:]:
            del dims[name]
    check_count(math.prod(lengths[name] for name in dims))
    checked = {name: labels_of(name, values) for name, values in axes.items()}
    for names in dims.values():
        _check_distinct(names, checked)
    return Grid(checked, dims)


def _digest(config: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def check_count(n_members: int) -> None:
    """Refuse a sweep of more members than can be held, in one line, before any is made.

    Raises:
        ArgumentError: more than MOST_MEMBERS.
    """
    if n_members > MOST_MEMBERS:
        raise ArgumentError(
            f"axes: {n_members:,} members, expected at most {MOST_MEMBERS:,} in one sweep"
        )


def canonical_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration with one spelling per value; one that is not finite is refused by name."""
    plain = {}
    for name, value in spec.items():
        if not isinstance(name, str):
            raise ArgumentError(f"spec.{name}: expected a text for each key")
        try:
            plain[name] = canonical(value)
        except ArgumentError as error:
            raise ArgumentError(f"{name}={error}") from None
    return plain


def canonical(value: Any) -> Any:
    """One spelling per value: numbers as the float32 the program sees, whole ones as integers."""
    if isinstance(value, Mapping):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [canonical(item) for item in value]
    if isinstance(value, (bool, int, str)) or value is None:
        return value
    with np.errstate(over="ignore"):
        try:
            number = float(np.float32(value))
        except (TypeError, ValueError):
            expected = "expected numbers, texts, lists and mappings"
            raise ArgumentError(f"{shown(value)}: {expected}") from None
    if not math.isfinite(number):
        raise ArgumentError(f"{value!r}: expected a finite number")
    return int(number) if number.is_integer() else number


def _length(name: str, values: Any) -> int:
    """Values of an axis, which are not made for that."""
    try:
        return len(values)
    except OverflowError:
        return sys.maxsize
    except TypeError:
        raise ArgumentError(f"{name}={shown(values)}: expected a list of finite numbers") from None


def _check_zipped(group: Sequence[str], axes: Mapping[str, int], free: Mapping[str, Any]) -> None:
    """A group names axes, each once and in one group only, of the same length."""
    known = all(name in axes and len(free.get(name, ())) == 1 for name in group)
    if not group or not known or len(set(group)) != len(group):
        raise ArgumentError(f"zipped={list(group)}: expected names of axes, each in one group")
    lengths = {name: axes[name] for name in group}
    if len(set(lengths.values())) != 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ArgumentError(f"zipped axes: expected the same length, {listed}")


def _check_distinct(names: Sequence[str], axes: Mapping[str, np.ndarray]) -> None:
    rows, counts = np.unique(
        np.stack([axes[name] for name in names], axis=1), axis=0, return_counts=True
    )
    if counts.max() > 1:
        value = rows[counts.argmax()].tolist()
        raise ArgumentError(f"{', '.join(names)}: {value} appears twice, expected distinct values")


def distinct(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Where each distinct row comes first, and the number of the distinct row at each place.

    Args:
        columns: of a table, each (n,); without any, every place has the same, empty row.
    """
    if not columns:
        return np.zeros(1, int), np.zeros(1, int)
    rows = np.stack(columns, axis=1)
    _, first, number = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return first[order], np.argsort(order)[number.ravel()]
