"""How the sweep that a folder holds differs from the one that is asked for."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from superpos.store.files import StoreError
from superpos.store.grid import Grid, canonical

MOST_SHOWN = 200
"""Characters of a value in a message."""
Sweep = tuple[Grid, Mapping[str, Any]]
"""The members of a sweep, and the configuration that they share."""


def refuse_other(folder: Path, held: Sweep, asked: Sweep) -> None:
    """The same sweep, or one with more values on its axes, may go on; nothing else.

    Args:
        folder: of the sweep.
        held: what the folder holds.
        asked: what is asked for.

    Raises:
        StoreError: it may not, in one line.
    """
    (old, old_spec), (grid, spec) = held, asked
    refuse_difference(folder, "a sweep with", old_spec, spec)
    if old.dims != grid.dims:
        over, wanted = (
            ", ".join(map("+".join, each.dims.values())) or "none" for each in (old, grid)
        )
        raise StoreError(
            f"{folder}: holds a sweep over {over}, asked for {wanted}; choose another folder"
        )
    for name in old.axes:
        gone = np.setdiff1d(old.inputs(name), grid.inputs(name))
        if gone.size:
            first = gone[0]
            value = str(np.float32(first)) if gone.dtype.kind == "f" else first  # as it was written
            raise StoreError(
                f"{folder}: holds {name}={value}, which is not on the axis asked for;"
                " add it, or choose another folder"
            )
    gone = np.setdiff1d(old.member_ids(spec), grid.member_ids(spec))
    if gone.size:
        raise StoreError(
            f"{folder}: holds {gone.size} members that are not in the sweep asked for; add them, or"
            " choose another folder"
        )


def refuse_difference(
    folder: Path, what: str, held: Mapping[str, Any], asked: Mapping[str, Any]
) -> None:
    """Refuse to go on in a folder that was made with another configuration.

    Args:
        folder: of the sweep or multirun.
        what: it holds, before the key that differs.
        held: its configuration, flat.
        asked: that which is asked for.

    Raises:
        StoreError: they differ; one line with the first key that does.
    """
    difference = first_difference(held, asked)
    if difference is not None:
        name, before, now = difference
        raise StoreError(
            f"{folder}: holds {what} {name}={before}, asked for {now}; choose another folder"
        )


def first_difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """The first key, in alphabetical order, at which two flat mappings differ.

    The root key comes last: it differs wherever its generator does, and says less.
    """
    for name in sorted({*old, *new}, key=lambda name: (name == "key", name)):
        before, now = (canonical(side[name]) if name in side else "nothing" for side in (old, new))
        if json.dumps(before) != json.dumps(now):  # in Python, True is 1
            return _shown(name), _shown(before), _shown(now)
    return None


def _shown(value: Any) -> str:
    """A canonical value as it was written: the shortest number that is the same in float32."""
    if isinstance(value, float):
        return str(np.float32(value))
    plain = isinstance(value, str) and value.isprintable()
    text = value if plain else json.dumps(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
