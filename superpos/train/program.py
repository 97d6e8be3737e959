"""The compiled program of a chunk: an executable for each device, all of the same trace."""

import dataclasses
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend import core

from superpos.train import fragile
from superpos.train.plan import Width
from superpos.train.threads import side_by_side
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


class Executable(NamedTuple):
    """A chunk, compiled for one device.

    Attributes:
        device: where the arguments are to be, and the results are.
        init: (points, root key, seeds) -> carry, every leaf led by (n_seeds, n_points) but for the
            keys (n_seeds,) and the step ().
        nudge: carry -> the carry an ulp away; the carry given is consumed.
        advance: (points, carry) -> (carry, metrics of the block); the carry given is consumed.
    """

    device: Any
    init: Callable[..., Carry]
    nudge: Callable[[Carry], Carry]
    advance: Callable[..., tuple[Carry, dict[str, Any]]]


class Program(NamedTuple):
    """A compiled chunk.

    Attributes:
        width: seeds by points.
        executables: one for each device.
        carry: shapes of the carry.
        metrics: shapes of a block's metrics.
        spec: length of a run.
        n_bytes: memory that advance takes on a device.
        n_bytes_looped: the largest array that is computed anew in every update.
        seconds: what compiling took.
        digest: hash of what advance computes.
    """

    width: Width
    executables: tuple[Executable, ...]
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

    Each device gets an executable that knows of no other: a program that spans several devices is
    compiled in another way, and its last bits differ.

    Args:
        build: point -> Training.
        points: the axes of the sweep, of which only names and dtypes matter here.
        width: size of the chunk.
        key_dtype: dtype of the root key, which says what generator it is of.
        devices: where it is to run.

    Returns:
        The program.
    """
    start = time.perf_counter()
    specs: list[FitSpec] = []

    def init(point: Mapping[str, Array], key: Key, seed: Array) -> Carry:
        return build(point).init(jax.random.fold_in(key, seed))

    def advance(point: Mapping[str, Array], carry: Carry) -> tuple[Carry, dict[str, Array]]:
        run = build(point)
        specs.append(run.spec)
        return run.advance(carry)

    point = {
        k: jax.ShapeDtypeStruct((width.n_points,), column.dtype) for k, column in points.items()
    }
    seeds = jax.ShapeDtypeStruct((width.n_seeds,), np.uint32)
    root = jax.ShapeDtypeStruct((), key_dtype)
    traced_init = jax.jit(_mapped_init(init, width)).trace(point, root, seeds)
    carry = traced_init.out_info
    traced_nudge = jax.jit(fragile.nudged, donate_argnums=0).trace(carry)
    traced = jax.jit(_mapped_advance(advance, width), donate_argnums=1).trace(point, carry)
    lowered = [_lowered_for(device, traced_init, traced_nudge, traced) for device in devices]
    compiled = side_by_side(_compiled, lowered)
    equations = list(_in_loops(traced.jaxpr.jaxpr))
    return Program(
        width=width,
        executables=tuple(map(Executable, devices, *zip(*compiled, strict=True))),
        carry=carry,
        metrics=traced.out_info[1],
        spec=specs[0],
        n_bytes=_memory(compiled[0][-1], equations, devices[0].platform),
        n_bytes_looped=_largest(var for each in equations for var in each.outvars),
        seconds=time.perf_counter() - start,
        digest=hashlib.sha256(lowered[0][-1].as_text().encode()).hexdigest()[:16],
    )


def _mapped_init(init: Callable[..., Carry], width: Width) -> Callable[..., Carry]:
    """Seeds outside and points inside, so that points with one seed share what it draws."""
    points = jax.vmap(init, (0, None, None), _OVER_POINTS, axis_size=width.n_points)
    return jax.vmap(points, (None, None, 0), _OVER_SEEDS)


def _mapped_advance(advance: Callable[..., Any], width: Width) -> Callable[..., Any]:
    points = jax.vmap(advance, (0, _OVER_POINTS), (_OVER_POINTS, 0), axis_size=width.n_points)
    return jax.vmap(points, (None, _OVER_SEEDS), (_OVER_SEEDS, 0))


def _lowered_for(device: Any, *traced: Any) -> list[Any]:
    """What was traced, to be compiled for a device."""
    with jax.default_device(device):
        return [function.lower() for function in traced]


def _compiled(lowered: Sequence[Any]) -> list[Any]:
    return [function.compile() for function in lowered]


def _memory(compiled: Any, equations: Sequence[core.JaxprEqn], platform: str) -> int:
    """What XLA says; and on a CPU, what the library for its products packs without telling XLA."""
    memory = compiled.memory_analysis()
    products = [each for each in equations if each.primitive.name == "dot_general"]
    packed = _largest(var for each in products for var in each.invars)
    return (
        memory.argument_size_in_bytes
        + memory.output_size_in_bytes
        + memory.temp_size_in_bytes
        - memory.alias_size_in_bytes
        + (packed if platform == "cpu" else 0)
    )


def _largest(variables: Iterable[Any]) -> int:
    """Bytes of the largest array; 0 where there is none."""
    return max((var.aval.size * var.aval.dtype.itemsize for var in variables), default=0)


def _in_loops(jaxpr: core.Jaxpr, *, looped: bool = False) -> Iterator[core.JaxprEqn]:
    """What a program computes anew in every turn of a loop."""
    for equation in jaxpr.eqns:
        if looped:
            yield equation
        within = looped or equation.primitive.name in ("scan", "while")
        for inner in core.jaxprs_in_params(equation.params):
            yield from _in_loops(inner, looped=within)
