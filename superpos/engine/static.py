"""Axes whose value a build needs while it is traced, as for a shape: told in one line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError
from superpos.engine.assets import Build, call_build
from superpos.types import Carry

_ERRORS = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerBoolConversionError,
    jax.errors.TracerIntegerConversionError,
    TypeError,
)


@contextmanager
def one_line_of_static(
    build: Build, points: Mapping[str, np.ndarray], assets: Mapping[str, Any]
) -> Iterator[None]:
    """Refuse an axis that cannot be traced, instead of what JAX says of it.

    Args:
        build: what is traced inside.
        points: axis -> values.
        assets: shapes of what `build` is given besides.

    Raises:
        ArgumentError: with the value of one axis known, a trace of the build succeeds.
    """
    try:
        yield
    except _ERRORS as error:
        axis = next((name for name in points if _traces(build, points, assets, name)), None)
        if axis is None:
            raise
        raise ArgumentError(
            f"{axis}: expected a number that can be traced, as build needs the value of this axis"
            " for a shape or a branch; call sweep once for each of its values"
        ) from error.with_traceback(None)


def _traces(
    build: Build, points: Mapping[str, np.ndarray], assets: Mapping[str, Any], known: str
) -> bool:
    """Whether a run can be traced where the value of one axis is known."""
    value = points[known][0].item()
    value = int(value) if float(value).is_integer() else value

    def run(point: Mapping[str, Any], arrays: Any) -> Carry:
        made = call_build(build, {**point, known: value}, arrays)
        return made.advance(made.init(jax.random.key(0)))[0]

    shapes = {name: jax.ShapeDtypeStruct((), jnp.float32) for name in points if name != known}
    try:
        jax.eval_shape(run, shapes, dict(assets))
    except Exception:
        return False
    return True
