"""What is kept of a member: final parameters and state, what was measured, divergence."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from superpos.arguments import ArgumentError
from superpos.store.table import Schema, missing_of, numbered_dims
from superpos.train.schedule import STEP, Schedule, means_of
from superpos.types import Carry, Dims, Trigger

LEADING = 2  # seeds, points
RESERVED = (STEP, "status", "sensitivity", "fragile", "diverged_step", "job", "group")
"""Names that every dataset has, the last two that of a multirun."""
Block = Mapping[str, np.ndarray]
"""What was measured at once of a chunk: name -> (n_seeds, n_points, ...)."""
Records = Mapping[str, list[Block]]
"""What was measured by programs of their own, in order. With a Trigger a block has the STEP of
each member, -1 where it was not due."""


class Shapes(NamedTuple):
    """Shapes of what a chunk computes, led by (n_seeds, n_points).

    Attributes:
        carry: of the carry.
        metrics: of what is measured after each block.
        measured: name of a measure -> of what it gives.
    """

    carry: Carry
    metrics: dict[str, Any]
    measured: dict[str, dict[str, Any]]


def final_leaves(carry: Carry) -> dict[str, Any]:
    """Final leaves by name: parameters as they are called, the state's after `state.`.

    Raises:
        ArgumentError: two have one name; one line.
    """
    named = {"diverged_step": carry.diverged_step}
    for prefix, tree in (("params", carry.params), ("state", carry.state)):
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
            name = jax.tree_util.keystr(path, simple=True, separator=".")
            within = prefix == "params" and name
            whole = name if within else f"{prefix}.{name}".rstrip(".")
            if whole in named:
                raise ArgumentError(f"{whole}: expected another name, as a result has this one")
            named[whole] = leaf
    return named


def of_one(carry: Carry) -> Carry:
    """Shapes of the carry of one member, from those of a chunk."""

    def inner(leaf: Any) -> Any:
        return jax.ShapeDtypeStruct(leaf.shape[LEADING:], leaf.dtype)

    names = ("params", "state", "diverged_step")
    parts = {name: jax.tree.map(inner, getattr(carry, name)) for name in names}
    key = jax.ShapeDtypeStruct((), carry.key.dtype)
    return dataclasses.replace(carry, key=key, opt_state=(), source=(), **parts)


def gather(
    carry: Carry, blocks: Sequence[Block], records: Records, shapes: Shapes, schedule: Schedule
) -> dict[str, np.ndarray]:
    """Arrays of a finished chunk, (n_seeds, n_points, ...), stacked over the times of measuring.

    Args:
        carry: the carry after the last block, on the host.
        blocks: metrics of each block, on the host.
        records: what was measured by programs of their own.
        shapes: of all these.
        schedule: when a run is measured.

    Returns:
        Name -> array; what was measured has the dimension of its times third. Where a block is
        shorter than log_every, the metrics are means over log_every.
    """
    stacked = _stacked(blocks, shapes.metrics)
    n_each = schedule.spec.log_every // schedule.block
    stacked = {name: means_of(values, n_each, LEADING) for name, values in stacked.items()}
    for name, found in records.items():
        of_one = shapes.measured[name]
        if isinstance(schedule.measures[name].every, Trigger):
            lead = shapes.carry.diverged_step.shape
            stacked |= _where_due(name, found, of_one, (*lead, schedule.most(name)))
        else:
            stacked |= _stacked(found, of_one)
    return {**final_leaves(carry), **stacked}


def _stacked(blocks: Sequence[Block], shapes: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {
        name: np.stack([block[name] for block in blocks], axis=LEADING)
        if blocks
        else np.zeros((*shape.shape[:LEADING], 0, *shape.shape[LEADING:]), shape.dtype)
        for name, shape in shapes.items()
    }


def _where_due(
    name: str, records: Sequence[Block], shapes: Mapping[str, Any], times: Sequence[int]
) -> dict[str, np.ndarray]:
    """The records of each member, its own first ones, and what is missing after them."""
    found = {
        each: np.full((*times, *shape.shape[LEADING:]), missing_of(shape.dtype), dtype=shape.dtype)
        for each, shape in shapes.items()
    }
    found[f"{STEP}_{name}"] = np.full(times, -1, np.int32)
    count = np.zeros(times[:-1], int)
    for record in records:
        members = np.nonzero(record[STEP] >= 0)
        at = (*members, count[members])
        for each in shapes:
            found[each][at] = record[each][members]
        found[f"{STEP}_{name}"][at] = record[STEP][members]
        count[members] += 1
    return found


def schema(shapes: Shapes, schedule: Schedule, dims: Dims, axes: Sequence[str]) -> Schema:
    """Shape, dtype and names of the dimensions of each result of one member.

    Args:
        shapes: of a chunk.
        schedule: when a run is measured.
        dims: names of the own dimensions of some results; others are called <result>_<number>.
        axes: names of the sweep's axes in the dataset.

    Raises:
        ArgumentError: a name is taken, or `dims` does not match a shape; one line.
    """
    found: Schema = {}
    lengths: dict[str, int] = {}
    names_of_steps = {schedule.dim(name) for name in schedule.measures} - {STEP}
    triggered = [
        name for name, each in schedule.measures.items() if isinstance(each.every, Trigger)
    ]
    names_of_steps |= {f"{STEP}_{name}" for name in triggered}
    taken = {**dict.fromkeys(RESERVED, "every sweep has"), **dict.fromkeys(axes, "an axis has")}
    taken |= dict.fromkeys(names_of_steps, "an evaluation has")
    final = final_leaves(shapes.carry)
    _check_axes(final, axes, names_of_steps)
    for where, measured, lead in (
        ("", final, ()),
        ("", shapes.metrics, (schedule.n_logged, STEP)),
        *(
            (f"evaluations.{name}: ", measured, (schedule.most(name), schedule.dim(name)))
            for name, measured in shapes.measured.items()
        ),
    ):
        for name in measured.keys() - {"diverged_step"} if measured is final else measured:
            held = taken.get(name) or ("another result has" if name in found else None)
            if held:
                raise ArgumentError(f"{where}{name}: expected another name, {held} this one")
        _add(found, measured, lead[:1], lead[1:], dims)
        _check_dims(found, measured, len(lead[1:]), taken, lengths)
    for name in triggered:
        entry = {"shape": [schedule.most(name)], "dtype": "int32", "dims": [schedule.dim(name)]}
        found[f"{STEP}_{name}"] = entry
    for result, entry in found.items():
        for dim in {*entry["dims"]} & {*found}:
            raise ArgumentError(f"dims of {result}: {dim} is a result, expected another name")
    return found


def _check_axes(final: Mapping[str, Any], axes: Sequence[str], names_of_steps: set[str]) -> None:
    taken = ({*final} | {*RESERVED} | names_of_steps) & {*axes}
    if taken:
        raise ArgumentError(f"{min(taken)}: both an axis and a result, expected distinct names")


def _check_dims(
    schema: Schema,
    results: Iterable[str],
    n_lead: int,
    taken: Mapping[str, str],
    lengths: dict[str, int],
) -> None:
    """Refuse own dimensions that are not distinct, are taken, or have another length elsewhere."""
    for result in results:
        dims, shape = schema[result]["dims"], schema[result]["shape"]
        own = dims[n_lead:]
        if taken.keys() & {*own} or len({*own}) != len(own):
            raise ArgumentError(
                f"dims of {result}={own}: expected distinct names, none of them"
                f" {', '.join(sorted(taken))}"
            )
        for dim, length in zip(dims, shape, strict=True):
            if lengths.setdefault(dim, length) != length:
                raise ArgumentError(
                    f"dims of {result}={own}: {dim} has length {length}, expected the"
                    f" {lengths[dim]} that it has elsewhere"
                )


def _add(
    schema: Schema,
    leaves: Mapping[str, Any],
    lead: Sequence[int],
    lead_dims: Sequence[str],
    dims: Dims,
) -> None:
    for name, leaf in leaves.items():
        own = leaf.shape[LEADING:]
        names = dims.get(name, numbered_dims(name, len(own)))
        if len(names) != len(own):
            raise ArgumentError(f"dims of {name}={list(names)}: expected {len(own)} names")
        schema[name] = {
            "shape": [*lead, *own],
            "dtype": np.dtype(leaf.dtype).name,
            "dims": [*lead_dims, *names],
        }
