"""Many runs: a whole grid of hyperparameters as one compiled program, chunk by chunk."""

import dataclasses
import functools
import json
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

from superpos.arguments import (
    ArgumentError,
    MaybeCount,
    MaybeNonNegative,
    PositiveFraction,
    check_value,
)
from superpos.train import launch, plan
from superpos.train.assets import as_asset, identified, reading
from superpos.train.checkpoint import Checkpoints
from superpos.train.fingerprint import fingerprint
from superpos.train.fit import check_key
from superpos.train.grid import Grid, canonical_spec, check_count, make_grid
from superpos.train.launch import Programs
from superpos.train.placing import is_out_of_memory, placed
from superpos.train.plan import Chunk
from superpos.train.program import Build, Program
from superpos.train.shared import joining
from superpos.train.store import Memory, Store, dataset_of, header_axes, writing
from superpos.train.table import Table
from superpos.train.width import MEMORY_FRACTION, Search, choose, narrower
from superpos.types import Key

if TYPE_CHECKING:
    import xarray


class Progress(NamedTuple):
    """How far a sweep is.

    Attributes:
        members_done: members finished, those found on disk among them.
        members: members in the sweep, or in the part of it.
        steps_done: model-steps of this call so far, those found in checkpoints among them; one is
            one update of one member.
        steps: model-steps of this call in all.
    """

    members_done: int
    members: int
    steps_done: int
    steps: int


OnProgress = Callable[[Progress], None]


def sweep(
    build: Build,
    *,
    key: Key,
    axes: Mapping[str, Sequence[float]],
    zipped: Sequence[Sequence[str]] = (),
    store: str | Path | None = None,
    spec: Mapping[str, Any] | None = None,
    assets: Mapping[str, Any] | None = None,
    dims: Mapping[str, Sequence[str]] | None = None,
    chunk: int | None = None,
    devices: Sequence[Any] | None = None,
    check_fragile: bool = False,
    memory_fraction: float = MEMORY_FRACTION,
    checkpoint_seconds: float | None = 30.0,
    allow_numerics_change: bool = False,
    on_progress: OnProgress | None = None,
    programs: Programs | None = None,
    part: Collection[bytes] | None = None,
) -> "xarray.Dataset":
    """Train every member of a grid.

    Member (point, seed) is the run of `build(point)` with the key fold_in(key, seed), whatever
    else is in the grid, so a new value on an axis leaves every other member as it was. Members
    that share a seed share their random numbers.

    Args:
        build: called inside the trace with {axis name: float32 ()} for every axis but `seed`; and,
            where there are assets, with {name: arrays} after it.
        key: the root key, typed.
        axes: name -> values. `seed` takes integers in [0, 2³²); without it the seed is 0.
        zipped: groups of axes that vary together instead of multiplying.
        store: a folder that keeps each finished chunk. The same call again trains what is
            missing; a call with more values on the axes trains only the new members.
        spec: the configuration all members share, dotted key -> plain value. It tells a resume
            from another sweep, so a store needs it.
        assets: arrays that are not hyperparameters, by name: an Asset, or a tree of arrays. They
            are arguments of the program, shared by all members, and their hash is part of what a
            member is: with other content it is another member. An array whose memory does not
            begin at a multiple of 64 bytes is copied once.
        dims: names for the own dimensions of a result, such as {"W": ("feature", "hidden")}, where
            the model or the evaluation does not say them.
        chunk: members that run together on a device; None chooses by memory, by the size of the
            cache and, in a long sweep, by measured throughput.
        devices: where to train, each with chunks of its own; None is all devices of this process.
        check_fragile: train every member once more from an ulp away, for its `sensitivity`.
        memory_fraction: part of the free memory that the chunks may take, in (0, 1].
        checkpoint_seconds: how often the state of a chunk in training is written to the store, so
            that a call that is killed goes on from there; 0 is after each block, None is never.
        allow_numerics_change: go on in a store made by other versions or on another device.
        on_progress: called after each block.
        programs: kept between calls with the same build and settings of JAX, so that a second call
            of the same width compiles nothing; compiled programs are added.
        part: ids of the only members to train, as `Grid.member_ids` has them, for a worker beside
            others in a folder that another process holds: it adds chunks and changes nothing else.

    Returns:
        A Dataset with one dimension per axis (or zipped group), the final parameters, what was
        measured along `step` or along the steps of its own evaluation, `diverged_step`, and a
        `status` per member: "ok", "diverged@<step>" or, outside the part, "missing"; with
        check_fragile, also its `sensitivity`, the relative change of its parameters when it begins
        an ulp away, and whether that makes it `fragile` (> 1e-3).

    Raises:
        ArgumentError: a bad axis, a store without a spec, an asset that is no array, or results
            whose names are taken, in one line, before any compile.
        TypeError: the key is not a typed key (jax.random.key).
        StoreError: the store cannot be used, in one line.
        MemoryError: one member alone needs more memory than there is.
        TrainError: not even a chunk of one member compiles, in one line.
    """
    check_key(key)
    if store is not None and not spec:
        raise ArgumentError("spec: missing, expected the configuration that the store is to keep")
    check_value("chunk", chunk, MaybeCount)
    check_value("memory_fraction", memory_fraction, PositiveFraction)
    check_value("checkpoint_seconds", checkpoint_seconds, MaybeNonNegative)
    grid = make_grid(axes, zipped)
    check_count(grid)
    held_assets = {name: as_asset(name, value) for name, value in (assets or {}).items()}
    spec = identified(rooted(spec or {}, key), held_assets)
    ids = grid.member_ids(spec)
    wanted = _wanted(ids, part)
    with (writing if part is None else joining)(store, grid, spec) as held:
        table = held.load(ids)
        # Where the sensitivities asked for are not there, `begin` refuses the store.
        lacking = check_fragile and table is not None and "sensitivity" not in table.arrays
        if held.header and table is not None and table.present[wanted].all() and not lacking:
            header = {**held.header, **header_axes(grid)}
            held.begin(header, allow_numerics_change=allow_numerics_change)
            return dataset_of(header, grid, table)
        where = tuple(devices or jax.local_devices())
        on_devices = placed({name: each.arrays for name, each in held_assets.items()}, where)
        search = launch.search(
            reading(build, held_assets),
            *(grid, key, where, memory_fraction, programs, on_devices, dims or {}),
        )
        header_of = functools.partial(_header, grid, spec, check_fragile)
        program = choose(search, given=held.width, most=chunk)
        while True:
            program, header = _begin(held, search, program, header_of, allow_numerics_change)
            table = table or Table(ids, header["schema"])
            n_steps = program.schedule.spec.n_steps * (1 + check_fragile)
            meter = _Meter(table, wanted, n_steps, on_progress)
            missing = plan.plan(grid.missing(table.present | ~wanted), program.width)
            checkpoints = _checkpoints(held, header, checkpoint_seconds)
            task = launch.Task(grid, ids, key, program, check_fragile, checkpoints, on_devices)
            try:
                _train(task, missing, held, table, meter)
                return dataset_of(header, grid, table)
            except jax.errors.JaxRuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                width = narrower(program.width, error)
            program = choose(search, given=width, most=None)
            allow_numerics_change = True


def _begin(
    held: Store | Memory,
    search: Search,
    program: Program,
    header_of: Callable[[Program], dict[str, Any]],
    allow_numerics_change: bool,
) -> tuple[Program, dict[str, Any]]:
    """The program, of the width that the store takes, and the header that is committed now."""
    while True:
        header = header_of(program)
        width = held.begin(header, allow_numerics_change=allow_numerics_change)
        if width == program.width:
            return program, header
        program = choose(search, given=width, most=None)


def _checkpoints(
    held: Store | Memory, header: Mapping[str, Any], seconds: float | None
) -> Checkpoints | None:
    if isinstance(held, Memory):
        return None
    numerics = json.dumps(header["fingerprint"], sort_keys=True)
    seconds = math.inf if seconds is None else seconds
    return Checkpoints(held.folder, numerics, seconds, held.leave_out)


def _train(
    task: launch.Task,
    missing: Iterable[Chunk],
    held: Store | Memory,
    table: Table,
    meter: "_Meter",
) -> None:
    """Train what is missing and commit each chunk as it is finished."""
    meter.report()
    with closing(launch.train(task, missing, meter.add)) as trained:
        for rows in trained:
            held.commit(rows)
            if task.checkpoints is not None:
                task.checkpoints.remove(rows.ids)
            table.put(rows)
            meter.report()


def _wanted(ids: np.ndarray, part: Collection[bytes] | None) -> np.ndarray:
    """Which members are to be trained, bool (n_members,).

    Raises:
        ArgumentError: the part has a member that is not in the sweep, in one line.
    """
    if part is None:
        return np.ones(len(ids), bool)
    strange = sorted({*part} - {*ids.tolist()})
    if strange:
        raise ArgumentError(f"part={strange[0]!r}: expected ids of members of the sweep")
    return np.isin(ids, np.asarray([*part], ids.dtype))


def rooted(spec: Mapping[str, Any], key: Key) -> dict[str, Any]:
    """The configuration with the root key, as members are identified by."""
    data = jax.random.key_data(key).tolist()
    return {**spec, "rng": str(jax.random.key_impl(key)), "key": data}


class _Meter:
    """Counts the model-steps of one call and reports them."""

    def __init__(
        self, table: Table, wanted: np.ndarray, n_steps: int, on_progress: OnProgress | None
    ) -> None:
        self._table = table
        self._wanted = wanted
        self._total = int((~table.present[wanted]).sum()) * n_steps
        self._done = 0
        self._on_progress = on_progress

    def add(self, n_steps: int) -> None:
        self._done += n_steps
        self.report()

    def report(self) -> None:
        if self._on_progress is not None:
            present = self._table.present[self._wanted]
            self._on_progress(Progress(int(present.sum()), len(present), self._done, self._total))


def _header(
    grid: Grid,
    spec: Mapping[str, Any],
    check_fragile: bool,
    program: Program,
) -> dict[str, Any]:
    """All that sweep.json holds."""
    width = list(program.width)
    schema = dict(program.schema)
    if check_fragile:
        schema["sensitivity"] = {"shape": [], "dtype": "float32", "dims": []}
    return {
        "spec": canonical_spec(spec),
        **header_axes(grid),
        "fit": dataclasses.asdict(program.schedule.spec),
        "coordinates": program.schedule.coordinates(),
        "schema": schema,
        "width": width,
        "fingerprint": {
            **fingerprint(),
            "width": str(width),
            "program": program.digest,
        },
    }
