"""Chunks trained side by side, one on each device."""

import dataclasses
import functools
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np

from superpos.train import fragile, plan, results
from superpos.train.files import Rows
from superpos.train.grid import Grid
from superpos.train.plan import Chunk, Width
from superpos.train.program import Build, Program, compile_chunk
from superpos.train.width import MEMORY_FRACTION, Search
from superpos.types import Carry, Key

Points = Mapping[str, jax.Array]


def train(
    grid: Grid,
    ids: np.ndarray,
    key: Key,
    program: Program,
    chunks: Iterable[Chunk],
    *,
    check_fragile: bool,
    on_block: Callable[[int], None],
) -> Iterator[Rows]:
    """Train chunks, as many at once as there are devices, and yield the results of each.

    Args:
        grid: the sweep.
        ids: content hash of each member.
        key: the root key.
        program: what is run.
        chunks: what is to be trained.
        check_fragile: train every member once more from an ulp away, for its `sensitivity`.
        on_block: told how many model-steps a block was.

    Yields:
        The results of a chunk.
    """
    for together in _groups(chunks, program.n_devices):
        n_steps = program.spec.log_every * sum(len(c.seeds) * len(c.points) for c in together)
        points, carry = start(grid, key, program, together)
        carry, blocks = _run(program, points, carry, on_block, n_steps)
        arrays = results.gather(carry, blocks, program.metrics)
        if check_fragile:
            points, nudged = start(grid, key, program, together)
            nudged, _ = _run(program, points, fragile.nudged(nudged), on_block, n_steps)
            arrays["sensitivity"] = fragile.sensitivity(carry, nudged, 1 + results.LEADING)
        for number, chunk in enumerate(together):
            members = grid.members[np.ix_(chunk.points, chunk.seeds)].T.ravel()
            mine = {name: _unpad(array[number], chunk) for name, array in arrays.items()}
            yield Rows(ids[members], mine)


def start(
    grid: Grid, key: Key, program: Program, together: Sequence[Chunk]
) -> tuple[Points, Carry]:
    """The values of the axes, and the first carry, of padded chunks, one to a device."""
    together = [*together, *[together[0]] * (program.n_devices - len(together))]
    seeds = np.stack(
        [grid.seeds[plan.padded(chunk.seeds, program.width.n_seeds)] for chunk in together]
    )
    positions = np.stack([plan.padded(chunk.points, program.width.n_points) for chunk in together])
    values = {name: column[positions] for name, column in grid.points.items()}
    points, keys = jax.device_put((values, _fold(key, seeds)), program.sharding)
    return points, program.init(points, keys)


@jax.jit
def _fold(key: Key, seeds: jax.Array) -> jax.Array:
    fold = jax.vmap(jax.random.fold_in, (None, 0))
    return jax.vmap(fold, (None, 0))(key, seeds)


def search(
    build: Build,
    grid: Grid,
    key: Key,
    devices: Sequence[Any] | None = None,
    memory_fraction: float = MEMORY_FRACTION,
) -> Search:
    """The programs of a sweep to choose from, for `superpos.train.width.choose`.

    Args:
        build: point -> Training.
        grid: the sweep.
        key: the root key.
        devices: where to train; None is all devices of this process.
        memory_fraction: part of the free memory that the chunks may take, in (0, 1].

    Returns:
        A Search that compiles each width once.
    """
    where = list(devices or jax.local_devices())

    @functools.cache
    def compile_width(width: Width) -> Program:
        return compile_chunk(build, grid.points, width, key.dtype, where)

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
    points, carry = start(grid, key, program, [chunk])
    seconds = 0.0
    for _ in range(min(2, program.spec.n_blocks)):
        begun = time.perf_counter()
        carry, measured = program.advance(points, carry)
        jax.block_until_ready(measured)
        seconds = time.perf_counter() - begun
    return seconds


def _run(
    program: Program, points: Points, carry: Carry, on_block: Callable[[int], None], n_steps: int
) -> tuple[Carry, list[Mapping[str, np.ndarray]]]:
    """Run all blocks; while one is computed, the metrics of the one before are fetched."""
    blocks: list[Mapping[str, np.ndarray]] = []

    def fetch(measured: Mapping[str, jax.Array]) -> None:
        blocks.append(jax.device_get(measured))
        on_block(n_steps)

    measured = None
    # Waiting in the main thread itself would keep Ctrl-C from being served.
    waiter = ThreadPoolExecutor(1)
    try:
        for _ in range(program.spec.n_blocks):
            carry, after = program.advance(points, carry)
            if measured is not None:
                fetch(measured)
            measured = after
            waiter.submit(jax.block_until_ready, measured).result()
    finally:
        waiter.shutdown(wait=False)
    if measured is not None:
        fetch(measured)
    return jax.device_get(dataclasses.replace(carry, key=(), opt_state=())), blocks


def _groups(chunks: Iterable[Chunk], size: int) -> Iterator[list[Chunk]]:
    chunks = iter(chunks)
    while group := list(itertools.islice(chunks, size)):
        yield group


def _unpad(array: np.ndarray, chunk: Chunk) -> np.ndarray:
    real = array[: len(chunk.seeds), : len(chunk.points)]
    return real.reshape(real.shape[0] * real.shape[1], *array.shape[results.LEADING :])
