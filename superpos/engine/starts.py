"""Where members start: from the key of their seed, or each from a key of its own."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import jax

from superpos.store.grid import START
from superpos.types import Array, Carry, Key, Training


def starts_of(own_starts: bool) -> dict[str, bool]:
    """What the configuration of members says of their starts: nothing where they are shared."""
    return {"engine.own_starts": True} if own_starts else {}


def values_of(point: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the axes at a point, without what its start is told apart by."""
    return {name: value for name, value in point.items() if name != START}


def begun(run: Training, key: Key, point: Mapping[str, Array]) -> Carry:
    """What a run begins with.

    Args:
        run: the run of a member.
        key: of the member, from which all is drawn.
        point: what a program is given of its point; with START, two words that are folded into the
            key of the parameters and the state it starts from. All else is drawn from `key`.
    """
    carry = run.init(key)
    if START not in point:
        return carry
    start = run.init(functools.reduce(jax.random.fold_in, point[START], key))
    return dataclasses.replace(start, key=carry.key, source=carry.source)
