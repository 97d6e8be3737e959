"""A chunk as traced, before it is compiled, and what shows only then."""

import functools
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend import core

from superpos.arguments import ArgumentError
from superpos.engine.assets import Build, call_build
from superpos.engine.dims import with_dims
from superpos.engine.mapping import EACH, OF_SEED, POINT, SHARED, axes_of_carry, over_members
from superpos.engine.starts import begun, values_of
from superpos.engine.static import one_line_of_static
from superpos.memory import nbytes
from superpos.store import results
from superpos.store.grid import SEED
from superpos.store.table import short_names
from superpos.store.width import Width
from superpos.types import EMPTY, Array, Carry, Dims, Key, Training


class TooLargeError(MemoryError):
    """A chunk whose members alone do not fit, as one line; found before it is compiled.

    Attributes:
        n_bytes: of all that is kept of them.
    """

    def __init__(self, carry: Carry, budget: float) -> None:
        """Of the shapes of the chunk, and the bytes that it may take."""
        self.n_bytes = nbytes(carry)
        leaves = results.final_leaves(results.of_one(carry))
        name = max(leaves, key=lambda each: math.prod(leaves[each].shape))
        super().__init__(
            f"model: {name} of shape {list(leaves[name].shape)}, expected a smaller one, as a model"
            f" with its optimiser takes {self.n_bytes / 2**30:.3g} GiB and"
            f" {budget / 2**30:.3g} GiB may be used"
        )


class Traced(NamedTuple):
    """What is to be compiled, and the run that it is of."""

    run: Training
    init: Any
    advance: Any
    measures: dict[str, Any]


def traced_chunk(
    build: Build,
    points: Mapping[str, np.ndarray],
    width: Width,
    key_dtype: Any,
    assets: Mapping[str, Any],
    budget: float,
    dims: Dims = EMPTY,
) -> Traced:
    """Trace a chunk, calling `build` once for each function.

    Args:
        build: point -> Training, or (point, assets) -> Training.
        points: the axes of the sweep, of which only names and dtypes matter here, unless the value
            of one is needed.
        width: size of the chunk.
        key_dtype: dtype of the root key.
        assets: shapes and dtypes of what all members share, by name.
        budget: bytes that a chunk may take.
        dims: names of dimensions, as of `sweep`.

    Raises:
        ArgumentError: an axis that is static or changes nothing, or a state of the source that
            members cannot share; one line.
        TooLargeError: what is kept of the members alone takes more than the budget; one line.
    """

    def built(point: Mapping[str, Array], given: Any) -> Training:
        return call_build(build, values_of(point), given)

    point = _shapes(points, width.n_points)
    in_dataset = short_names([*values_of(points), SEED]).values()
    seeds = jax.ShapeDtypeStruct((width.n_seeds,), np.uint32)
    root = jax.ShapeDtypeStruct((), key_dtype)
    runs: list[Training] = []

    def init(point: Mapping[str, Array], given: Any, key: Key, seed: Array) -> Carry:
        run = built(point, given)
        carry = begun(run, jax.random.fold_in(key, seed), point)
        runs.append(with_dims(run, carry, in_dataset, dims))
        return carry

    def advance(point: Mapping[str, Array], given: Any, carry: Carry) -> Any:
        return built(point, given).advance(carry)

    def measure(name: str, point: Mapping[str, Array], given: Any, carry: Carry) -> Any:
        return built(point, given).measures[name].measure(carry)

    def trace_init(*, stream: bool) -> Any:
        mapped = over_members(
            init, width, (POINT, SHARED, SHARED, OF_SEED), axes_of_carry(stream=stream)
        )
        return jax.jit(mapped).trace(point, assets, root, seeds)

    with one_line_of_static(build, values_of(points), assets):
        traced_init = trace_init(stream=False)
        run = runs[-1]
        axes = axes_of_carry(stream=run.stream)
        inside = (POINT, SHARED, axes)
        with _one_line_of_streams(run):
            if run.stream:
                traced_init = trace_init(stream=True)
            carry = traced_init.out_info
            if nbytes(carry) > budget:  # before arrays of that size are made in the next trace
                raise TooLargeError(carry, budget)
            mapped = over_members(advance, width, inside, (axes, EACH))
            traced_advance = jax.jit(mapped, donate_argnums=2).trace(point, assets, carry)
        measures = {
            name: jax.jit(
                over_members(functools.partial(measure, name), width, inside, EACH)
            ).trace(point, assets, carry)
            for name in run.measures
        }
    found = Traced(run, traced_init, traced_advance, measures)
    _check_read(found, build, points, assets)
    return found


def _shapes(points: Mapping[str, np.ndarray], *n_points: int) -> dict[str, Any]:
    """Shapes of the values of some points, or of one."""
    return {
        name: jax.ShapeDtypeStruct((*n_points, *column.shape[1:]), column.dtype)
        for name, column in points.items()
    }


def _check_read(
    traced: Traced, build: Build, points: Mapping[str, np.ndarray], assets: Mapping[str, Any]
) -> None:
    """Refuse an axis that neither the run nor what is measured of it depends on."""
    functions = [traced.init, traced.advance, *traced.measures.values()]
    unread = {*values_of(points)}.intersection(
        *(_unread(points, function.jaxpr.jaxpr) for function in functions)
    )
    if not unread:
        return
    one = _shapes(points)
    carry = results.of_one(traced.init.out_info)
    for name in traced.run.after:

        def after(point: Mapping[str, Array], given: Any, carry: Carry, name: str = name) -> Any:
            return call_build(build, values_of(point), given).after[name](carry)

        unread &= _unread(points, jax.make_jaxpr(after)(one, assets, carry).jaxpr)
    for name in sorted(unread):
        raise ArgumentError(f"{name}: changes nothing, expected an axis that build reads")


def _unread(points: Mapping[str, Any], jaxpr: core.Jaxpr) -> set[str]:
    """Names of the axes, which are the first arguments, that nothing is computed from."""
    read = {var for each in jaxpr.eqns for var in each.invars if isinstance(var, core.Var)}
    read |= {var for var in jaxpr.outvars if isinstance(var, core.Var)}
    return {
        name for name, var in zip(sorted(points), jaxpr.invars, strict=False) if var not in read
    }


@contextmanager
def _one_line_of_streams(run: Training) -> Iterator[None]:
    """Say in one line that members cannot share what differs between them."""
    try:
        yield
    except (ValueError, TypeError) as error:
        if run.stream and "out_axes" in str(error):
            raise ArgumentError(
                "data: a stream that all members share, expected its state to depend on nothing"
                " that is swept, nor on the parameters"
            ) from None
        raise
