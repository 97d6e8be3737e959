"""The compiled program of a chunk, and the memory it takes."""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import psutil

from superpos.train.plan import Width
from superpos.types import Array, Carry, FitSpec, Key, Training

Build = Callable[[Mapping[str, Array]], Training]

_SHARED: Any = None
_MAPPED: Any = 0
_OVER_POINTS = Carry(
    step=_SHARED,
    key=_SHARED,
    params=_MAPPED,
    state=_MAPPED,
    opt_state=_MAPPED,
    diverged_step=_MAPPED,
)
_OVER_SEEDS = dataclasses.replace(_OVER_POINTS, key=_MAPPED)


class Program(NamedTuple):
    """A compiled chunk.

    Attributes:
        width: seeds by points.
        init: (points, keys) -> carry, every leaf led by (n_seeds, n_points) but for the keys
            (n_seeds,) and the step ().
        advance: (points, carry) -> (carry, metrics of the block); the carry given is consumed.
        carry: shapes of the carry.
        metrics: shapes of a block's metrics.
        spec: length of a run.
        n_bytes: memory that advance takes.
        digest: hash of what advance computes.
    """

    width: Width
    init: Callable[..., Carry]
    advance: Callable[..., tuple[Carry, dict[str, Any]]]
    carry: Carry
    metrics: dict[str, Any]
    spec: FitSpec
    n_bytes: int
    digest: str


def compile_chunk(
    build: Build, points: Mapping[str, np.ndarray], width: Width, key_dtype: Any
) -> Program:
    """Compile a chunk, calling `build` in one trace for init and one for advance.

    Args:
        build: point -> Training.
        points: the axes of the sweep, of which only names and dtypes matter here.
        width: size of the chunk.
        key_dtype: dtype of the keys, which says what generator they are of.

    Returns:
        The program.
    """
    specs: list[FitSpec] = []

    def init(point: Mapping[str, Array], key: Key) -> Carry:
        return build(point).init(key)

    def advance(point: Mapping[str, Array], carry: Carry) -> tuple[Carry, dict[str, Array]]:
        run = build(point)
        specs.append(run.spec)
        return run.advance(carry)

    n_points = width.n_points
    inits = jax.vmap(
        jax.vmap(init, in_axes=(0, None), out_axes=_OVER_POINTS, axis_size=n_points),
        in_axes=(None, 0),
        out_axes=_OVER_SEEDS,
    )
    advances = jax.vmap(
        jax.vmap(advance, (0, _OVER_POINTS), (_OVER_POINTS, 0), axis_size=n_points),
        in_axes=(None, _OVER_SEEDS),
        out_axes=(_OVER_SEEDS, 0),
    )
    point = {k: jax.ShapeDtypeStruct((n_points,), column.dtype) for k, column in points.items()}
    keys = jax.ShapeDtypeStruct((width.n_seeds,), key_dtype)
    traced_init = jax.jit(inits).trace(point, keys)
    traced = jax.jit(advances, donate_argnums=1).trace(point, traced_init.out_info)
    lowered = traced.lower()
    compiled = lowered.compile()
    return Program(
        width=width,
        init=traced_init.lower().compile(),
        advance=compiled,
        carry=traced_init.out_info,
        metrics=traced.out_info[1],
        spec=specs[0],
        n_bytes=_memory(compiled),
        digest=hashlib.sha256(lowered.as_text().encode()).hexdigest()[:16],
    )


def compile_to_fit(
    build: Build,
    points: Mapping[str, np.ndarray],
    width: Width,
    key_dtype: Any,
    *,
    fraction: float,
) -> Program:
    """Compile a chunk of that width, or of the largest below it that fits into memory.

    Args:
        build: point -> Training.
        points: the axes of the sweep.
        width: size of the chunk wished for.
        key_dtype: dtype of the keys.
        fraction: part of the free memory that the chunk may take, in (0, 1].

    Returns:
        The program.

    Raises:
        MemoryError: a chunk of one member does not fit; one line.
    """
    budget = fraction * available_bytes()
    while True:
        program = compile_chunk(build, points, width, key_dtype)
        if program.n_bytes <= budget:
            return program
        if width.n_members == 1:
            raise MemoryError(
                f"one member needs {program.n_bytes / 2**30:.3g} GiB and {budget / 2**30:.3g} GiB"
                " may be used; a smaller fit.batch_size would fit"
            )
        # Memory grows in proportion to the width, so halve as often as that says.
        most = max(1.0, width.n_members * budget / program.n_bytes)
        while width.n_members > most:
            width = width.halved()


def available_bytes() -> int:
    """Memory free on the first device, or in this process's container."""
    stats = jax.local_devices()[0].memory_stats()
    if stats and "bytes_limit" in stats:
        return stats["bytes_limit"] - stats.get("bytes_in_use", 0)
    free = psutil.virtual_memory().available
    try:
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
    except (OSError, ValueError):
        return free
    return min(free, limit - psutil.Process().memory_info().rss)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether XLA gave up for want of memory."""
    return isinstance(error, jax.errors.JaxRuntimeError) and "RESOURCE_EXHAUSTED" in str(error)


def _memory(compiled: Any) -> int:
    memory = compiled.memory_analysis()
    return (
        memory.argument_size_in_bytes
        + memory.output_size_in_bytes
        + memory.temp_size_in_bytes
        - memory.alias_size_in_bytes
    )
