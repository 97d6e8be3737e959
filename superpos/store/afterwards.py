"""What was measured of stored members afterwards, with the results of their sweep.

Each evaluation has a folder of its own, <sweep>/after/<evaluation>/, itself a store. Its members
are those of the sweep, with the same ids; where numbers of the evaluation are swept, a member for
each of their values.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from superpos.arguments import ArgumentError
from superpos.store.bounded import StoreError
from superpos.store.grid import MOST_MEMBERS, Grid, canonical
from superpos.store.header import check_together, coordinates_of
from superpos.store.reading import Swept, read_trained
from superpos.store.results import RESERVED
from superpos.store.table import Schema, Table, missing, numbered_dims, short_names
from superpos.train.schedule import STEP
from superpos.types import Carry, Training

FOLDER = "after"
MEMBER = "member"
"""The axis of the members of the sweep, by their number."""


def folders(sweep: Path) -> list[Path]:
    """The folders of the evaluations that were made afterwards."""
    return sorted(path.parent for path in (sweep / FOLDER).glob("*/sweep.json"))


def check_names(
    run: Training,
    carry: Carry,
    schema: Schema,
    axes: Sequence[str],
    over: Mapping[str, Sequence[str]],
) -> None:
    """Refuse evaluations of stored members whose names, or dimensions, the sweep has already.

    Args:
        run: with the evaluations.
        carry: shapes of its carry.
        schema: what the sweep keeps of a member.
        axes: of the sweep.
        over: evaluation -> axes of its own numbers; others are not looked at.

    Raises:
        ArgumentError: one line.
    """
    taken = {*schema, *RESERVED, *short_names(axes).values(), MEMBER}
    lengths = {
        dim: length
        for entry in schema.values()
        for dim, length in zip(entry["dims"], entry["shape"], strict=True)
    }
    for name, own in over.items():
        measured = jax.eval_shape(run.after[name], carry)
        for result, leaf in measured.items():
            if result in taken or result in lengths:
                raise ArgumentError(f"evaluations.{name}: {result} is taken, expected another name")
            dims = run.dims.get(result, numbered_dims(result, leaf.ndim))
            fit = len(dims) == leaf.ndim == len({*dims}) and not taken & {*dims}
            sizes = zip(dims, leaf.shape, strict=False)
            if not fit or any(lengths.setdefault(dim, size) != size for dim, size in sizes):
                raise ArgumentError(
                    f"dims of {result}={list(dims)}: expected {leaf.ndim} distinct names of its"
                    f" {list(leaf.shape)}, that nothing else has"
                )
        for axis, short in short_names(own).items():
            if short in taken | lengths.keys() | measured.keys():
                raise ArgumentError(f"sweep.{axis}: {short} is taken, expected another name")
        taken |= {*measured}


def ids_of(members: np.ndarray, over: Grid) -> np.ndarray:
    """Ids of the second stage.

    Args:
        members: those of the sweep, (n_members,).
        over: axes of the evaluation's own numbers.

    Returns:
        For each member and each value of the axes, (n_members * over.n_members,): the id of the
        member where there are no axes, else a hash of both.
    """
    if not over.axes:
        return members
    index = np.indices(over.shape).reshape(len(over.shape), -1)
    points = [dict(zip(over.dims, place, strict=True)) for place in index.T]
    texts = [
        json.dumps({name: canonical(over.axes[name][at]) for name, at in point.items()}).encode()
        for point in points
    ]
    found = [hashlib.sha256(each + text).hexdigest()[:16] for each in members for text in texts]
    return np.asarray(found, "S16")


def with_after(sweep: Path, found: Swept) -> Swept:
    """A sweep with what was measured of its members afterwards.

    Args:
        sweep: its folder.
        found: as `read_trained` returns it.

    Returns:
        The same, with more results; they have the value for what is missing where nothing was
        measured yet. An axis of an evaluation is a dimension of its results.

    Raises:
        StoreError: a header is damaged.
    """
    header, grid, table = found
    for folder in folders(sweep):

        def ids(own: Grid, folder: Path = folder) -> np.ndarray:
            return ids_of(table.ids, _checked(folder, own, grid))

        stage = read_trained(folder, ids)
        if stage is not None:
            header = _add(folder, header, table, stage)
            try:
                check_together(grid, header["schema"], header["coordinates"])
            except ArgumentError as error:
                raise StoreError(f"{folder}: damaged, {error}") from None
    return header, grid, table


def over_of(own: Grid) -> Grid:
    """The axes of an evaluation's own numbers, from those of its store."""
    return Grid(
        {name: values for name, values in own.axes.items() if name != MEMBER},
        {name: axes for name, axes in own.dims.items() if name != MEMBER},
    )


def _checked(folder: Path, own: Grid, members: Grid) -> Grid:
    """The axes of an evaluation's own numbers, where they can be."""
    over = over_of(own)
    apart = MEMBER in own.dims and over.axes.keys() == over.dims.keys()
    if not apart or members.n_members * over.n_members > MOST_MEMBERS:
        raise StoreError(f"{folder}: damaged, expected the axis {MEMBER}, and others of its own")
    return over


def _add(folder: Path, header: dict[str, Any], table: Table, stage: Swept) -> dict[str, Any]:
    """Put the results of a stage into the table; return the header that says so."""
    stage_header, own, results = stage
    over = over_of(own)
    short = short_names([*over.axes])
    rows = results.numbers(ids_of(table.ids, over))
    there = (rows >= 0) & results.present[rows]
    schema, dims = dict(header["schema"]), [short[name] for name in over.dims]
    for name, values in results.arrays.items():
        entry = stage_header["schema"][name]
        if name == "diverged_step":
            continue
        if (entry["dims"][:1], entry["shape"][:1]) != ([STEP], [1]):
            raise StoreError(f"{folder}: damaged, expected {name} to be measured once")
        shape = values.shape[2:]
        found = missing((len(rows), *shape), values.dtype)
        if there.any():
            found = found.copy()
            found[there] = values[rows[there], 0]
        table.arrays[name] = found.reshape(len(table.ids), *over.shape, *shape)
        schema[name] = {
            "shape": [*over.shape, *shape],
            "dtype": entry["dtype"],
            "dims": [*dims, *entry["dims"][1:]],
        }
    coordinates = {short[name]: values.tolist() for name, values in over.axes.items()}
    return {**header, "schema": schema, "coordinates": {**coordinates_of(header), **coordinates}}
