"""Which points of a grid a build can make: its numbers, checked on the values that they will have.

What is required of a number inside `build` is traced once and asked of all points at once. Then
`build` is called with concrete values, for what tells more than these conditions.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun
from jax.interpreters.partial_eval import dce_jaxpr

from superpos.arguments import ArgumentError, shown
from superpos.engine.assets import Build, arrays_of, call_build, reading
from superpos.engine.placing import shapes_of
from superpos.engine.static import one_line_of_static
from superpos.required import deferring
from superpos.types import EMPTY, Asset

MOST_CALLS = 1024
"""Of a build with concrete values, however long its axes are."""
Columns = Mapping[str, np.ndarray]


def valid_points(
    build: Build, points: Columns, assets: Mapping[str, Asset] = EMPTY
) -> np.ndarray | bool:
    """Which points can be trained.

    Args:
        build: point -> Training, or (point, assets) -> Training.
        points: axis -> its value at each point, (n_points,).
        assets: what `build` is given besides.

    Returns:
        bool (n_points,), or True where there are no axes: False where values that are allowed
        elsewhere do not go together.

    Raises:
        ArgumentError: a value that no point can have, or an axis whose value is needed to trace;
            one line.
    """
    arrays = arrays_of(assets)
    build = reading(build, assets)
    if not points:
        _call(build, {}, arrays)
        return True
    valid = _allowed(build, points, arrays)
    for axis, at in itertools.islice(_one_of_each_value(points, valid), MOST_CALLS):
        label = f"{axis}={shown(points[axis][at])}"
        try:
            _call(build, {name: column[at] for name, column in points.items()}, arrays)
        except ArgumentError as error:
            own = str(error).startswith(label)
            raise ArgumentError(str(error) if own else f"{label}: {error}") from None
        if not valid[at]:
            raise ArgumentError(f"{label}: out of range, expected a value that build allows")
    return valid


def _allowed(build: Build, points: Columns, assets: Mapping[str, Any]) -> np.ndarray:
    """Whether all that is required of numbers holds at each point, bool (n_points,)."""

    def conditions(point: Mapping[str, Any], given: Any) -> list[Any]:
        with deferring() as found:
            call_build(build, point, given)
        return found

    shapes = shapes_of(points), shapes_of(assets)
    with one_line_of_static(build, points, shapes[1]):
        traced = jax.make_jaxpr(jax.vmap(conditions, (0, None)))(*shapes)
    jaxpr, used = dce_jaxpr(traced.jaxpr, [True] * len(traced.out_avals))
    inputs = [
        leaf
        for leaf, is_used in zip(jax.tree.leaves((dict(points), assets)), used, strict=True)
        if is_used
    ]
    holds = np.ones(len(next(iter(points.values()))), bool)
    if any(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in inputs):
        return holds  # of what is not made yet; asked again when it is
    found = jax.jit(jaxpr_as_fun(ClosedJaxpr(jaxpr, traced.consts)))(*inputs)
    return np.logical_and.reduce([holds, *map(np.asarray, found)])


def _one_of_each_value(points: Columns, valid: np.ndarray) -> Iterator[tuple[str, int]]:
    """A point with each value of each axis, valid where there is one; those that are not first."""
    order = np.argsort(~valid, kind="stable")
    places = {
        name: order[np.unique(column[order], return_index=True)[1]]
        for name, column in points.items()
    }
    for wanted in (False, True):
        called: set[int] = set()
        for name, found in places.items():
            for at in found[valid[found] == wanted].tolist():
                if at not in called:
                    called.add(at)
                    yield name, at


def _call(build: Build, point: Mapping[str, Any], assets: Mapping[str, Any]) -> None:
    """Call a build with concrete values, and assets of which only the shapes are known.

    Inside a trace, so that what it computes besides is not compiled and run, each time anew.
    """

    def call(given: Any) -> None:
        call_build(build, point, given)

    jax.eval_shape(call, shapes_of(assets))
