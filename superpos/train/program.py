"""The compiled program of a chunk, the same on every device."""

import dataclasses
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend import core
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

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
    """A compiled chunk, to be run on all devices at once, each with a chunk of its own.

    Every array that goes in or comes out is led by (n_devices,); what follows is of one chunk.

    Attributes:
        width: seeds by points.
        n_devices: chunks that run at once.
        sharding: places what goes in, one chunk to a device.
        init: (points, keys) -> carry, every leaf led by (n_seeds, n_points) but for the keys
            (n_seeds,) and the step ().
        advance: (points, carry) -> (carry, metrics of the block); the carry given is consumed.
        carry: shapes of the carry of one chunk.
        metrics: shapes of a block's metrics of one chunk.
        spec: length of a run.
        n_bytes: memory that advance takes on one device.
        n_bytes_looped: the largest array that is computed anew in every update.
        seconds: what compiling took.
        digest: hash of what advance computes on one device.
    """

    width: Width
    n_devices: int
    sharding: NamedSharding
    init: Callable[..., Carry]
    advance: Callable[..., tuple[Carry, dict[str, Any]]]
    carry: Carry
    metrics: dict[str, Any]
    spec: FitSpec
    n_bytes: int
    n_bytes_looped: int
    seconds: float
    digest: str


def compile_chunk(
    build: Build,
    points: Mapping[str, np.ndarray],
    width: Width,
    key_dtype: Any,
    devices: Sequence[Any],
) -> Program:
    """Compile a chunk, calling `build` in one trace for init and one for advance.

    Args:
        build: point -> Training.
        points: the axes of the sweep, of which only names and dtypes matter here.
        width: size of the chunk.
        key_dtype: dtype of the keys, which says what generator they are of.
        devices: where it is to run.

    Returns:
        The program.
    """
    start = time.perf_counter()
    specs: list[FitSpec] = []

    def init(point: Mapping[str, Array], key: Key) -> Carry:
        return build(point).init(key)

    def advance(point: Mapping[str, Array], carry: Carry) -> tuple[Carry, dict[str, Array]]:
        run = build(point)
        specs.append(run.spec)
        return run.advance(carry)

    point = {
        k: jax.ShapeDtypeStruct((width.n_points,), column.dtype) for k, column in points.items()
    }
    keys = jax.ShapeDtypeStruct((width.n_seeds,), key_dtype)
    traced_init = jax.jit(_mapped_init(init, width)).trace(point, keys)
    traced = jax.jit(_mapped_advance(advance, width)).trace(point, traced_init.out_info)
    mesh = Mesh(np.asarray(devices), ("chunk",), axis_types=(AxisType.Auto,))
    sharding = NamedSharding(mesh, PartitionSpec("chunk"))
    compiled = _on_each_device(traced, sharding, point, traced_init.out_info, donate=1)
    return Program(
        width=width,
        n_devices=len(devices),
        sharding=sharding,
        init=_on_each_device(traced_init, sharding, point, keys),
        advance=compiled,
        carry=traced_init.out_info,
        metrics=traced.out_info[1],
        spec=specs[0],
        n_bytes=_memory(compiled),
        n_bytes_looped=_largest_in_loops(traced.jaxpr.jaxpr),
        seconds=time.perf_counter() - start,
        digest=hashlib.sha256(traced.lower().as_text().encode()).hexdigest()[:16],
    )


def _mapped_init(init: Callable[..., Carry], width: Width) -> Callable[..., Carry]:
    """Seeds outside and points inside, so that points with one seed share what it draws."""
    points = jax.vmap(init, (0, None), _OVER_POINTS, axis_size=width.n_points)
    return jax.vmap(points, (None, 0), _OVER_SEEDS)


def _mapped_advance(advance: Callable[..., Any], width: Width) -> Callable[..., Any]:
    points = jax.vmap(advance, (0, _OVER_POINTS), (_OVER_POINTS, 0), axis_size=width.n_points)
    return jax.vmap(points, (None, _OVER_SEEDS), (_OVER_SEEDS, 0))


def _on_each_device(
    traced: Any, sharding: NamedSharding, *shapes: Any, donate: int | None = None
) -> Any:
    """Compile what was traced for one chunk to run on each device, with no word between them."""
    evaluate = core.jaxpr_as_fun(traced.jaxpr)
    structure = jax.tree.structure(traced.out_info)

    def local(*arguments: Any) -> Any:
        results = evaluate(*(leaf[0] for leaf in jax.tree.leaves(arguments)))
        return jax.tree.unflatten(structure, [leaf[None] for leaf in results])

    split = sharding.spec
    everywhere = jax.shard_map(
        local, mesh=sharding.mesh, in_specs=split, out_specs=split, check_vma=False
    )
    n_devices = sharding.mesh.size
    stacked = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct((n_devices, *leaf.shape), leaf.dtype), shapes
    )
    function = jax.jit(
        everywhere, in_shardings=sharding, out_shardings=sharding, donate_argnums=donate
    )
    return function.lower(*stacked).compile()


def _memory(compiled: Any) -> int:
    memory = compiled.memory_analysis()
    return (
        memory.argument_size_in_bytes
        + memory.output_size_in_bytes
        + memory.temp_size_in_bytes
        - memory.alias_size_in_bytes
    )


def _largest_in_loops(jaxpr: core.Jaxpr, *, looped: bool = False) -> int:
    """Bytes of the largest array that a loop of the program computes; 0 where there is none."""
    largest = 0
    for equation in jaxpr.eqns:
        if looped:
            arrays: list[Any] = [var.aval for var in equation.outvars]
            largest = max([largest, *(array.size * array.dtype.itemsize for array in arrays)])
        within = looped or equation.primitive.name in ("scan", "while")
        for inner in core.jaxprs_in_params(equation.params):
            largest = max(largest, _largest_in_loops(inner, looped=within))
    return largest
