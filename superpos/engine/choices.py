"""The programs of a sweep to choose from, each compiled once."""

import functools
import time
from collections.abc import MutableMapping, Sequence
from types import MappingProxyType
from typing import Any

import jax
import numpy as np

from superpos.engine import plan
from superpos.engine.assets import Build
from superpos.engine.launch import inputs
from superpos.engine.placing import Placed, named_shapes, shapes_of
from superpos.engine.plan import Chunk
from superpos.engine.program import Executable, Program, compile_chunk, looped_bytes
from superpos.engine.threads import side_by_side
from superpos.engine.tracing import Traced, traced_chunk
from superpos.engine.width import MEMORY_FRACTION, Search
from superpos.memory import available_bytes
from superpos.store.grid import Grid
from superpos.store.width import Width
from superpos.types import Dims, Key

Programs = MutableMapping[Any, Program]
"""Compiled programs by what they depend on besides the build: width, axes, keys and devices."""


def search(
    build: Build,
    grid: Grid,
    key: Key,
    devices: Sequence[Any] | None = None,
    memory_fraction: float = MEMORY_FRACTION,
    programs: Programs | None = None,
    assets: Placed | None = None,
    dims: Dims = MappingProxyType({}),
) -> Search:
    """The programs of a sweep to choose from, for `superpos.engine.width.choose`.

    Args:
        build: point -> Training, or (point, assets) -> Training.
        grid: the sweep.
        key: the root key.
        devices: where to train; None is all devices of this process.
        memory_fraction: part of the free memory that the chunks may take, in (0, 1].
        programs: compiled for the same build before; those that are compiled are added.
        assets: what all members share, on each of the devices; None is nothing.
        dims: names of dimensions that take precedence over those of the training.

    Returns:
        A Search that compiles each width once.
    """
    where = tuple(devices or jax.local_devices())
    compiled = {} if programs is None else programs
    assets = assets or {device: {} for device in where}
    shapes = shapes_of(assets[where[0]])

    @functools.cache
    def traced(width: Width) -> Traced:
        budget = memory_fraction * available_bytes()
        return traced_chunk(build, grid.given, width, key.dtype, shapes, budget, dims)

    def looped(width: Width) -> int:
        return looped_bytes(traced(width))

    def compile_width(width: Width) -> Program:
        names = tuple(sorted(grid.given)), tuple((name, *dims[name]) for name in sorted(dims))
        name = (width, names, key.dtype, where, *named_shapes(shapes))
        if name not in compiled:
            compiled[name] = compile_chunk(
                build, grid.given, width, key.dtype, where, shapes, traced=traced(width)
            )
        return compiled[name]

    return Search(
        compile=compile_width,
        looped=looped,
        seconds_per_block=functools.partial(seconds_per_block, grid, key, assets),
        largest=plan.largest(grid.members),
        n_devices=len(where),
        memory_fraction=memory_fraction,
    )


def seconds_per_block(grid: Grid, key: Key, assets: Placed, program: Program) -> float:
    """Time of a block with all devices at work, after a first one that is not measured."""
    n_seeds, n_points = program.width
    chunk = Chunk(np.arange(n_seeds), np.arange(n_points))

    def time_block(executable: Executable) -> float:
        points, root, seeds = inputs(grid, key, program.width, executable.device, chunk)
        given = assets[executable.device]
        carry = executable.init(points, given, root, seeds)
        seconds = 0.0
        for _ in range(min(2, program.schedule.n_blocks)):
            begun = time.perf_counter()
            carry, measured = executable.advance(points, given, carry)
            jax.block_until_ready(measured)
            seconds = time.perf_counter() - begun
        return seconds

    return max(side_by_side(time_block, program.executables))
