"""The compiled program of a chunk: an executable for each device, all of the same trace."""

import hashlib
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend import core

from superpos.engine.assets import Build
from superpos.engine.starts import values_of
from superpos.engine.threads import side_by_side
from superpos.engine.tracing import Traced, traced_chunk
from superpos.memory import equations as equations_of
from superpos.memory import largest, nbytes, packed
from superpos.store import results
from superpos.store.afterwards import check_names
from superpos.store.grid import SEED
from superpos.store.results import Shapes
from superpos.store.table import Schema, short_names
from superpos.store.width import Width
from superpos.train.schedule import Schedule, schedule_of
from superpos.types import EMPTY, Carry, Dims

_BYTES_OF_TIME = 100
"""What a time of measuring takes as a coordinate, and on its way into JSON."""


class Executable(NamedTuple):
    """A chunk, compiled for one device.

    Attributes:
        device: where the arguments are to be, and the results are.
        init: (points, assets, root key, seeds) -> carry, every leaf led by (n_seeds, n_points) but
            for the keys (n_seeds,), the step () and the state of a source that all share.
        advance: (points, assets, carry) -> (carry, metrics of the block); the carry given is
            consumed.
        measures: name -> (points, assets, carry) -> metrics.
    """

    device: Any
    init: Callable[..., Carry]
    advance: Callable[..., tuple[Carry, dict[str, Any]]]
    measures: Mapping[str, Callable[..., dict[str, Any]]]


class Later:
    """A chunk that is compiled for a device when it is first asked for."""

    def __init__(self, device: Any, functions: Sequence[Any], names: Iterable[str]) -> None:
        """Keep what is to be compiled.

        Args:
            device: for which.
            functions: traced: init, advance and the measures.
            names: of the measures.
        """
        self._for = (device, functions, tuple(names))
        self._made: Executable | None = None

    @property
    def compiled(self) -> bool:
        """Whether it is there already."""
        return self._made is not None

    def __call__(self) -> Executable:
        """The chunk, compiled now where it is not yet."""
        if self._made is None:
            device, functions, names = self._for
            self._made = _executable(device, _compiled(_lowered_for(device, functions)), names)
        return self._made


class Program(NamedTuple):
    """A compiled chunk.

    Attributes:
        width: seeds by points.
        first: compiled for the first device.
        others: for each other device.
        shapes: of what it computes.
        schedule: how long a run is and when it is measured.
        schema: shape, dtype and names of the dimensions of each result of a member.
        n_bytes: memory that the program takes on a device, assets included.
        n_bytes_assets: that of the assets alone, which does not depend on the width.
        seconds: what compiling for the first device took.
        digest: hash of what the program computes; the content of assets is not in it.
    """

    width: Width
    first: Executable
    others: tuple[Later, ...]
    shapes: Shapes
    schedule: Schedule
    schema: Schema
    n_bytes: int
    n_bytes_assets: int
    seconds: float
    digest: str

    @property
    def executables(self) -> list[Executable]:
        """One for each device; those that are not compiled yet are compiled now."""
        return side_by_side(lambda each: each(), [lambda: self.first, *self.others])


def compile_chunk(
    build: Build,
    points: Mapping[str, np.ndarray],
    width: Width,
    key_dtype: Any,
    devices: Sequence[Any],
    assets: Mapping[str, Any] = EMPTY,
    dims: Dims = EMPTY,
    budget: float = math.inf,
    traced: Traced | None = None,
) -> Program:
    """Compile a chunk for the first device, after a trace that calls `build` for each function.

    Each device gets an executable that knows of no other: a program that spans several devices is
    compiled in another way, and its last bits differ.

    Args:
        build: point -> Training, or (point, assets) -> Training.
        points: the axes of the sweep, as `Grid.given` has them, of which only names, dtypes and
            shapes matter here.
        width: size of the chunk.
        key_dtype: dtype of the root key, which says what generator it is of.
        devices: where it is to run.
        assets: shapes and dtypes of what all members share, by name.
        dims: names of dimensions that take precedence over those of the training.
        budget: bytes that a chunk may take.
        traced: the trace of all this, where there is one.

    Returns:
        The program.

    Raises:
        ArgumentError: results whose names are taken, an axis that changes nothing, or a state of
            the source that members cannot share; one line, before anything is compiled.
        TooLargeError: what is kept of the members alone takes more than the budget; likewise.
    """
    start = time.perf_counter()
    assets = dict(assets)  # any other mapping is no tree of arrays
    traced = traced or traced_chunk(build, points, width, key_dtype, assets, budget, dims)
    schedule = schedule_of(traced.run)
    shapes = _shapes(traced)
    schema = _schema(traced, shapes, schedule, points)
    functions = [traced.init, traced.advance, *traced.measures.values()]
    lowered = _lowered_for(devices[0], functions)
    [compiled] = side_by_side(_compiled, [lowered])
    equations = list(equations_of(traced.advance.jaxpr.jaxpr))
    return Program(
        width=width,
        first=_executable(devices[0], compiled, traced.measures),
        others=tuple(Later(device, functions, traced.measures) for device in devices[1:]),
        shapes=shapes,
        schedule=schedule,
        schema=schema,
        n_bytes=max(_memory(each, equations, devices[0].platform) for each in compiled[1:]),
        n_bytes_assets=nbytes(assets),
        seconds=time.perf_counter() - start,
        digest=digest_of_text("".join(each.as_text() for each in lowered[1:])),
    )


def schema_of(
    build: Build,
    points: Mapping[str, np.ndarray],
    key_dtype: Any,
    assets: Mapping[str, Any] = EMPTY,
    budget: float = math.inf,
) -> Schema:
    """What a sweep keeps of a member, from a trace alone.

    Args:
        build: as of `compile_chunk`.
        points: as of `compile_chunk`.
        key_dtype: as of `compile_chunk`.
        assets: as of `compile_chunk`.
        budget: bytes that a member may take.

    Raises:
        ArgumentError: as of `compile_chunk`.
        TooLargeError: likewise.
    """
    traced = traced_chunk(build, points, Width(1, 1), key_dtype, assets, budget)
    return _schema(traced, _shapes(traced), schedule_of(traced.run), points)


def looped_bytes(traced: Traced) -> int:
    """The largest array that is computed anew in every update."""
    equations = equations_of(traced.advance.jaxpr.jaxpr)
    return largest(var for each in equations for var in each.outvars)


def check_results(schema: Schema, schedule: Schedule, n_members: int, budget: float) -> None:
    """Refuse results that do not fit into memory, before room is made for them.

    Args:
        schema: what is kept of a member.
        schedule: when it is measured.
        n_members: of the sweep.
        budget: bytes that results may take.

    Raises:
        MemoryError: one line.
    """
    each = sum(
        math.prod(entry["shape"]) * np.dtype(entry["dtype"]).itemsize for entry in schema.values()
    )
    total = n_members * each + schedule.n_logged * _BYTES_OF_TIME
    if total > budget:
        raise MemoryError(
            f"fit.log_every={schedule.spec.log_every}: expected a larger one, or fewer members, as"
            f" results of {n_members:,} members at {schedule.n_logged:,} times take"
            f" {total / 2**30:.3g} GiB and {budget / 2**30:.3g} GiB may be used"
        )


def _schema(
    traced: Traced, shapes: Shapes, schedule: Schedule, points: Mapping[str, Any]
) -> Schema:
    axes = [*values_of(points), SEED]
    schema = results.schema(shapes, schedule, traced.run.dims, [*short_names(axes).values()])
    later = dict.fromkeys(traced.run.after, ())
    check_names(traced.run, results.of_one(shapes.carry), schema, axes, later)
    return schema


def _shapes(traced: Traced) -> Shapes:
    measured = {name: each.out_info for name, each in traced.measures.items()}
    return Shapes(traced.init.out_info, traced.advance.out_info[1], measured)


def _lowered_for(device: Any, traced: Sequence[Any]) -> list[Any]:
    """What was traced, to be compiled for a device."""
    with jax.default_device(device):
        return [function.lower() for function in traced]


def _compiled(lowered: Sequence[Any]) -> list[Any]:
    return [function.compile() for function in lowered]


def _executable(device: Any, compiled: Sequence[Any], names: Iterable[str]) -> Executable:
    init, advance, *measures = compiled
    return Executable(device, init, advance, dict(zip(names, measures, strict=True)))


def digest_of_text(text: str) -> str:
    """The hash of a program by its text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _memory(compiled: Any, equations: Sequence[core.JaxprEqn], platform: str) -> int:
    """What XLA says; and on a CPU, what the library for its products packs without telling XLA.

    That of jaxlib 0.12 packs nothing: four shapes take within 10 % of what XLA says.
    """
    packs = platform == "cpu" and jax.__version_info__ < (0, 12)
    memory = compiled.memory_analysis()
    return (
        memory.argument_size_in_bytes
        + memory.output_size_in_bytes
        + memory.temp_size_in_bytes
        - memory.alias_size_in_bytes
        + (packed(equations) if packs else 0)
    )
