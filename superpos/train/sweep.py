"""Many runs: a whole grid of hyperparameters as one compiled program, chunk by chunk."""

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError, MaybeCount, PositiveFraction, check_value
from superpos.train import plan, results
from superpos.train.files import Rows
from superpos.train.fingerprint import fingerprint
from superpos.train.fit import check_key
from superpos.train.grid import Grid, canonical_spec, make_grid
from superpos.train.plan import Chunk, Width
from superpos.train.program import Build, Program, compile_to_fit, is_out_of_memory
from superpos.train.store import dataset_of, header_axes, writing
from superpos.train.table import Table, short_names
from superpos.types import Key

if TYPE_CHECKING:
    import xarray

DEFAULT_CHUNK = 512
"""Members in a chunk unless told; measured on 2 cores, wider is not faster for toy models."""


class Progress(NamedTuple):
    """How far a sweep is.

    Attributes:
        members_done: members finished, those found on disk among them.
        members: members in the sweep.
        steps_done: model-steps of this call so far; one is one update of one member.
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
    dims: Mapping[str, Sequence[str]] | None = None,
    chunk: int | None = None,
    memory_fraction: float = 0.6,
    allow_numerics_change: bool = False,
    on_progress: OnProgress | None = None,
) -> "xarray.Dataset":
    """Train every member of a grid.

    Member (point, seed) is the run of `build(point)` with the key fold_in(key, seed), whatever
    else is in the grid, so a new value on an axis leaves every other member as it was. Members
    that share a seed share their random numbers.

    Args:
        build: called inside the trace with {axis name: float32 ()} for every axis but `seed`.
        key: the root key, typed.
        axes: name -> values. `seed` takes integers in [0, 2³²); without it the seed is 0.
        zipped: groups of axes that vary together instead of multiplying.
        store: a folder that keeps each finished chunk. The same call again trains what is
            missing; a call with more values on the axes trains only the new members.
        spec: the configuration all members share, dotted key -> plain value. It tells a resume
            from another sweep, so a store needs it.
        dims: names for the own dimensions of a result, such as {"W": ("feature", "hidden")}.
        chunk: members that run together; None is all, at most 512, as memory allows.
        memory_fraction: part of the free memory that a chunk may take, in (0, 1].
        allow_numerics_change: go on in a store made by other versions or on another device.
        on_progress: called after each block.

    Returns:
        A Dataset with one dimension per axis (or zipped group), the final parameters, the metrics
        with a `step` dimension, `diverged_step`, and a `status` per member: "ok" or
        "diverged@<step>".

    Raises:
        ArgumentError: a bad axis, or a store without a spec, in one line, before any compile.
        TypeError: the key is not a typed key (jax.random.key).
        StoreError: the store cannot be used, in one line.
        MemoryError: one member alone needs more memory than there is.
    """
    check_key(key)
    if store is not None and not spec:
        raise ArgumentError("spec: missing, expected the configuration that the store is to keep")
    check_value("chunk", chunk, MaybeCount)
    check_value("memory_fraction", memory_fraction, PositiveFraction)
    grid = make_grid(axes, zipped)
    root = {"rng": str(jax.random.key_impl(key)), "key": jax.random.key_data(key).tolist()}
    spec = {**(spec or {}), **root}
    ids = grid.member_ids(spec)
    with writing(store, grid, spec) as held:
        table = held.load(ids)
        if held.header is not None and table is not None and table.present.all():
            return dataset_of(held.header, grid, table)
        width = held.width or _first_width(grid, chunk)
        while True:
            program = compile_to_fit(build, grid.points, width, key.dtype, fraction=memory_fraction)
            header = _header(grid, spec, program, dims or {})
            held.begin(header, allow_numerics_change=allow_numerics_change)
            table = table or Table(ids, header["schema"])
            meter = _Meter(table, program.spec.n_steps, on_progress)
            meter.report()
            try:
                for rows in _train(grid, ids, key, program, table, meter):
                    held.commit(rows)
                    table.put(rows)
                    meter.report()
                return dataset_of(header, grid, table)
            except jax.errors.JaxRuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                if program.width.n_members == 1:
                    raise MemoryError("one member alone runs out of memory") from None
            width, allow_numerics_change = program.width.halved(), True


class _Meter:
    """Counts the model-steps of one call and reports them."""

    def __init__(self, table: Table, n_steps: int, on_progress: OnProgress | None) -> None:
        self._table = table
        self._total = int((~table.present).sum()) * n_steps
        self._done = 0
        self._on_progress = on_progress

    def add(self, n_steps: int) -> None:
        self._done += n_steps
        self.report()

    def report(self) -> None:
        if self._on_progress is not None:
            present = self._table.present
            self._on_progress(Progress(int(present.sum()), len(present), self._done, self._total))


def _first_width(grid: Grid, chunk: int | None) -> Width:
    most = min(chunk or DEFAULT_CHUNK, grid.n_members)
    return plan.even_width(len(grid.seeds), len(grid.members), most)


def _header(
    grid: Grid, spec: Mapping[str, Any], program: Program, dims: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """All that sweep.json holds."""
    width = list(program.width)
    n_blocks = program.spec.n_blocks
    return {
        "spec": canonical_spec(spec),
        **header_axes(grid),
        "fit": dataclasses.asdict(program.spec),
        "schema": results.schema(
            program.carry, program.metrics, n_blocks, dims, list(short_names([*grid.axes]).values())
        ),
        "width": width,
        "fingerprint": {**fingerprint(), "width": str(width), "program": program.digest},
    }


def _train(
    grid: Grid,
    ids: np.ndarray,
    key: Key,
    program: Program,
    table: Table,
    meter: "_Meter",
) -> Iterator[Rows]:
    """Train the missing members chunk by chunk, and yield the results of each chunk."""
    for chunk in plan.plan(~table.present[grid.members], program.width):
        carry, points = _start(grid, key, program, chunk)
        blocks = []
        for _ in range(program.spec.n_blocks):
            carry, measured = program.advance(points, carry)
            _wait(measured)
            blocks.append(jax.device_get(measured))
            meter.add(program.spec.log_every * len(chunk.seeds) * len(chunk.points))
        members = grid.members[np.ix_(chunk.points, chunk.seeds)].T.ravel()
        arrays = results.gather(carry, blocks, program.metrics)
        yield Rows(ids[members], {name: _unpad(a, chunk) for name, a in arrays.items()})


def _start(
    grid: Grid, key: Key, program: Program, chunk: Chunk
) -> tuple[Any, dict[str, np.ndarray]]:
    """The first carry of a padded chunk, and the values of its axes."""
    seeds = grid.seeds[plan.padded(chunk.seeds, program.width.n_seeds)]
    positions = plan.padded(chunk.points, program.width.n_points)
    points = {name: column[positions] for name, column in grid.points.items()}
    keys = jax.vmap(jax.random.fold_in, in_axes=(None, 0))(key, jnp.asarray(seeds))
    return program.init(points, keys), points


def _unpad(array: np.ndarray, chunk: Chunk) -> np.ndarray:
    real = array[: len(chunk.seeds), : len(chunk.points)]
    return real.reshape(real.shape[0] * real.shape[1], *array.shape[results.LEADING :])


def _wait(measured: Mapping[str, Any]) -> None:
    """Wait for a block in short naps, so that Ctrl-C is served at once."""
    while not all(leaf.is_ready() for leaf in jax.tree.leaves(measured)):
        time.sleep(0.001)
