"""Chunks trained side by side: each device takes one after the other."""

import dataclasses
import functools
import threading
import time
from collections.abc import (
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import jax
import numpy as np

from superpos.train import fragile, plan, results
from superpos.train.files import Rows
from superpos.train.grid import Grid
from superpos.train.plan import Chunk, Width
from superpos.train.program import Build, Executable, Program, compile_chunk
from superpos.train.threads import side_by_side
from superpos.train.width import MEMORY_FRACTION, Search
from superpos.types import Carry, Key

Points = Mapping[str, jax.Array]
Programs = MutableMapping[Any, Program]
"""Compiled programs by what they depend on besides the build: width, axes, keys and devices."""


def train(
    grid: Grid,
    ids: np.ndarray,
    key: Key,
    program: Program,
    chunks: Iterable[Chunk],
    *,
    check_fragile: bool,
    on_block: Callable[[int], None],
) -> Generator[Rows, None, None]:
    """Train chunks in a thread for each device, and yield the results as they are finished.

    The threads stop at the next block when the iterator is closed, which is not waited for.

    Args:
        grid: the sweep.
        ids: content hash of each member.
        key: the root key.
        program: what is run.
        chunks: what is to be trained.
        check_fragile: train every member once more from an ulp away, for its `sensitivity`.
        on_block: told how many model-steps a block was, in the thread of the caller.

    Yields:
        The results of a chunk.

    Raises:
        Exception: what went wrong on a device, after the others have stopped.
    """
    stop = threading.Event()
    events: SimpleQueue[int | Rows | BaseException] = SimpleQueue()
    idle: SimpleQueue[Executable] = SimpleQueue()
    for executable in program.executables:
        idle.put(executable)

    def work(chunk: Chunk) -> None:
        executable = idle.get()
        try:
            for event in _events(grid, ids, key, program, executable, chunk, check_fragile):
                if stop.is_set():
                    break
                events.put(event)
        except BaseException as error:
            events.put(error)
        finally:
            idle.put(executable)

    pool = ThreadPoolExecutor(len(program.executables))
    try:
        n_left = len([pool.submit(work, chunk) for chunk in chunks])
        while n_left:
            event = events.get()
            if isinstance(event, BaseException):
                stop.set()
                pool.shutdown(cancel_futures=True)
                raise event
            if isinstance(event, Rows):
                n_left -= 1
                yield event
            else:
                on_block(event)
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)


def _events(
    grid: Grid,
    ids: np.ndarray,
    key: Key,
    program: Program,
    executable: Executable,
    chunk: Chunk,
    check_fragile: bool,
) -> Iterator[int | Rows]:
    """Train one chunk on one device: the model-steps of each block, and at last the results."""
    n_steps = program.spec.log_every * len(chunk.seeds) * len(chunk.points)
    points, carry = start(grid, key, program.width, executable, chunk)
    last, blocks = yield from _run(program, executable, points, carry, n_steps)
    arrays = results.gather(last, blocks, program.metrics)
    if check_fragile:
        points, carry = start(grid, key, program.width, executable, chunk)
        nudged, _ = yield from _run(program, executable, points, executable.nudge(carry), n_steps)
        arrays["sensitivity"] = fragile.sensitivity(last, nudged, results.LEADING)
    members = grid.members[np.ix_(chunk.points, chunk.seeds)].T.ravel()
    yield Rows(ids[members], {name: _unpad(array, chunk) for name, array in arrays.items()})


def _run(
    program: Program, executable: Executable, points: Points, carry: Carry, n_steps: int
) -> Generator[int, None, tuple[Carry, list[Mapping[str, np.ndarray]]]]:
    """Run all blocks; while one is computed, the metrics of the one before are fetched."""
    blocks: list[Mapping[str, np.ndarray]] = []
    measured = None
    for _ in range(program.spec.n_blocks):
        carry, after = executable.advance(points, carry)
        if measured is not None:
            blocks.append(jax.device_get(measured))
        measured = jax.block_until_ready(after)
        yield n_steps
    if measured is not None:
        blocks.append(jax.device_get(measured))
    return jax.device_get(dataclasses.replace(carry, key=(), opt_state=())), blocks


def start(
    grid: Grid, key: Key, width: Width, executable: Executable, chunk: Chunk
) -> tuple[Points, Carry]:
    """The values of the axes, and the first carry, of a padded chunk on a device."""
    seeds = grid.seeds[plan.padded(chunk.seeds, width.n_seeds)]
    positions = plan.padded(chunk.points, width.n_points)
    values = {name: column[positions] for name, column in grid.points.items()}
    points, key, seeds = jax.device_put((values, key, seeds), executable.device)
    return points, executable.init(points, key, seeds)


def search(
    build: Build,
    grid: Grid,
    key: Key,
    devices: Sequence[Any] | None = None,
    memory_fraction: float = MEMORY_FRACTION,
    programs: Programs | None = None,
) -> Search:
    """The programs of a sweep to choose from, for `superpos.train.width.choose`.

    Args:
        build: point -> Training.
        grid: the sweep.
        key: the root key.
        devices: where to train; None is all devices of this process.
        memory_fraction: part of the free memory that the chunks may take, in (0, 1].
        programs: compiled for the same build before; those that are compiled are added.

    Returns:
        A Search that compiles each width once.
    """
    where = tuple(devices or jax.local_devices())
    compiled = {} if programs is None else programs

    def compile_width(width: Width) -> Program:
        name = (width, tuple(sorted(grid.points)), key.dtype, where)
        if name not in compiled:
            compiled[name] = compile_chunk(build, grid.points, width, key.dtype, where)
        return compiled[name]

    return Search(
        compile=compile_width,
        seconds_per_block=functools.partial(seconds_per_block, grid, key),
        largest=plan.largest(grid.members),
        n_devices=len(where),
        memory_fraction=memory_fraction,
    )


def seconds_per_block(grid: Grid, key: Key, program: Program) -> float:
    """Time of a block with all devices at work, after a first one that is not measured."""
    n_seeds, n_points = program.width
    chunk = Chunk(np.arange(n_seeds), np.arange(n_points))

    def time_block(executable: Executable) -> float:
        points, carry = start(grid, key, program.width, executable, chunk)
        seconds = 0.0
        for _ in range(min(2, program.spec.n_blocks)):
            begun = time.perf_counter()
            carry, measured = executable.advance(points, carry)
            jax.block_until_ready(measured)
            seconds = time.perf_counter() - begun
        return seconds

    return max(side_by_side(time_block, program.executables))


def _unpad(array: np.ndarray, chunk: Chunk) -> np.ndarray:
    real = array[: len(chunk.seeds), : len(chunk.points)]
    return real.reshape(real.shape[0] * real.shape[1], *array.shape[results.LEADING :])
