"""One member of a dataset by its labels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from superpos.arguments import ArgumentError, did_you_mean, shown
from superpos.store.table import label_text

if TYPE_CHECKING:
    import xarray

_MOST_SHOWN = 12
"""Labels of an axis in a message."""


class Labels(NamedTuple):
    """What tells the members of a dataset apart.

    Attributes:
        arrays: coordinate -> the label of each member, of the shape of `status`.
        keys: coordinate -> the dotted key that it varies; not every coordinate has one.
    """

    arrays: dict[str, np.ndarray]
    keys: dict[str, str]

    def at(self, index: tuple[int, ...]) -> dict[str, Any]:
        """Coordinate -> the label of one member, a plain number, bool or text."""
        return {name: array[index].tolist() for name, array in self.arrays.items()}


def labels_of(dataset: "xarray.Dataset") -> Labels:
    """The labels of a sweep or a multirun, or of a part of one; those with a key come first."""
    status = dataset["status"]
    names = [*map(str, status.coords), *(str(dim) for dim in status.dims)]  # a dim may have none
    keys = {name: dataset[name].attrs["key"] for name in names if "key" in dataset[name].attrs}
    return Labels(
        {
            name: dataset[name].broadcast_like(status).transpose(*status.dims).to_numpy()
            for name in dict.fromkeys([*keys, *names])
        },
        keys,
    )


def select(
    labels: Labels, selection: Mapping[str, Any], within: tuple[str, ...] = ("",)
) -> tuple[int, ...]:
    """The place of the only member that a selection leaves.

    Args:
        labels: of the members.
        selection: coordinate -> label. Numbers are compared exactly, else as float32.
        within: beginnings of the dotted keys that have to be settled; of members that differ in
            others only, the first is taken.

    Returns:
        Its index along each dimension of `status`.

    Raises:
        ArgumentError: an unknown coordinate or label, no member, or several; one line that names
            what is there.
    """
    arrays, chosen = labels.arrays, matching(labels, selection)
    for name, array in arrays.items():
        rest = array[chosen]
        rest = rest[rest == rest]  # without nan, of an axis that a group does not have
        if f"{labels.keys.get(name, '')}.".startswith(within) and (rest != rest[:1]).any():
            raise ArgumentError(f"{name}: expected one of {_listed(rest)}")
    return tuple(np.argwhere(chosen)[0].tolist())


def matching(labels: Labels, selection: Mapping[str, Any]) -> np.ndarray:
    """Which members a selection leaves, bool of the shape of `status`.

    Args:
        labels: of the members.
        selection: coordinate -> label, or a list of labels. Numbers are compared exactly, else as
            float32.

    Raises:
        ArgumentError: an unknown coordinate or label, or no member; one line.
    """
    arrays = labels.arrays
    chosen = np.ones(next(iter(arrays.values())).shape if arrays else (), bool)
    for name, value in selection.items():
        if name not in arrays:
            listed = ", ".join(arrays) or "nothing"
            close = did_you_mean(name, arrays)
            raise ArgumentError(f"{name}: unknown, members are told apart by {listed}{close}")
        found = np.zeros(chosen.shape, bool)
        for each in value if isinstance(value, (list, tuple)) else [value]:
            here = _equal(arrays[name], each)
            if not here.any():
                known = _listed(arrays[name])
                raise ArgumentError(f"{name}={shown(each)}: expected one of {known}")
            found |= here
        chosen &= found
    if not chosen.any():
        asked = ", ".join(f"{name}={shown(value)}" for name, value in selection.items())
        raise ArgumentError(f"{asked}: there is no such member, though one of each")
    return chosen


def _equal(labels: np.ndarray, value: Any) -> np.ndarray:
    """Which labels are a value."""
    if labels.dtype.kind not in "iuf":
        return labels == (value if labels.dtype.kind == "b" else label_text(value))
    if (
        isinstance(value, (bool, np.bool_))
        or np.ndim(value)
        or np.asarray(value).dtype.kind not in "iuf"
    ):
        return np.zeros(labels.shape, bool)
    exact = labels == value
    if exact.any() or labels.dtype.kind != "f":
        return exact
    return labels.astype(np.float32) == np.float32(value)


def _listed(labels: np.ndarray) -> str:
    """The distinct labels on one line."""
    distinct = [*dict.fromkeys(str(label) for label in labels.ravel())]
    more = [f"... ({len(distinct)} in all)"] if len(distinct) > _MOST_SHOWN else []
    return ", ".join(distinct[:_MOST_SHOWN] + more)
