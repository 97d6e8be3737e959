"""How arrays enter a metric and how its result leaves: one rule for all metrics.

A metric says in its signature what an array holds, and over which dimensions. These are the last
ones of an array, and those of that name in an xarray DataArray. All others are leading: they are
broadcast against one another, by position or by name.
"""

import functools
import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from superpos.arguments import ArgumentError, Interval, check_value, shown
from superpos.types import Scalar

Function = Callable[..., Any]


class Axes(NamedTuple):
    """What an argument or a result is, of which all dimensions but these are leading.

    Attributes:
        dims: names of its own dimensions; "other_x" is as long as "x".
        holds: a key of KINDS.
        may_be_empty: whether there may be nothing along the first of them.
    """

    dims: tuple[str, ...]
    holds: str = "real numbers"
    may_be_empty: bool = False

    @property
    def n(self) -> int:
        """The number of its own dimensions."""
        return len(self.dims)

    @property
    def text(self) -> str:
        """Its shape, for messages."""
        return f"({', '.join(['...', *self.dims])})"


KINDS = {
    "real numbers": (jnp.floating, jnp.integer, jnp.bool_),
    "whole numbers": (jnp.integer,),
    "truth values": (jnp.bool_, jnp.integer),
}
"""What an array may hold: integers and truth values become floating where numbers are wanted, and
0 and 1 truth values."""
Vectors = Annotated[Any, Axes(("feature", "hidden"))]
"""Feature directions, a feature is a row."""
Numbers = Annotated[Any, Axes(())]
PerFeature = Annotated[Any, Axes(("feature",))]
Pairs = Annotated[Any, Axes(("feature", "other_feature"))]
PerHidden = Annotated[Any, Axes(("hidden",))]
HiddenPairs = Annotated[Any, Axes(("hidden", "other_hidden"))]
Labels = Annotated[Any, Axes(("feature",), "whole numbers")]
Truths = Annotated[Any, Axes(("feature",), "truth values")]
Names = Annotated[Any, Axes(("feature",), "names")]
"""A text for each feature, which only a metric on the host gives."""
Relation = Annotated[Any, Axes(("feature", "other_feature"), "truth values")]
Part = Annotated[Scalar, Interval("[0, 1)")]
"""Of the largest, what counts as 0."""


def metric(function: Function) -> Function:
    """Convert and check the arguments of a metric at each call.

    Args:
        function: a metric whose arrays are annotated with `Axes`, its numbers with their range. It
            is given arrays of JAX.

    Returns:
        The same metric. Where an argument is an xarray DataArray, so is the result, unless it is
        no array.

    Raises:
        ArgumentError: when it is called with what is no such array or number; one line.
    """
    return _entered_by(function, jnp.asarray)


def host_metric(function: Function) -> Function:
    """As `metric`, for one that runs on the host and is given arrays of NumPy."""
    return _entered_by(function, np.asarray)


def _entered_by(function: Function, to_array: Function) -> Function:
    hints = typing.get_type_hints(function, include_extras=True)
    axes = {name: found for name, hint in hints.items() if (found := _axes(hint))}
    result = axes.pop("return", None)
    signature = inspect.signature(function)

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs).arguments
        others = {name: value for name, value in given.items() if name not in axes}
        for name, value in others.items():
            check_value(name, value, hints[name])

        def measure(arrays: Mapping[str, Any]) -> Any:
            converted = {
                name: _converted(name, value, axes[name].holds, to_array)
                for name, value in arrays.items()
            }
            return function(**_fitting(converted, axes), **others)

        arrays = {name: given[name] for name in axes if name in given}
        if any(map(_has_names, arrays.values())):
            found = _by_name(measure, arrays, axes, result)
            return found.rename(function.__name__) if _has_names(found) else found
        return measure(arrays)

    return checked


def _has_names(value: Any) -> bool:
    """Whether it is a DataArray, which nobody has who has not loaded xarray."""
    xarray = sys.modules.get("xarray")
    return xarray is not None and isinstance(value, xarray.DataArray)


def _axes(hint: Any) -> Axes | None:
    return next((each for each in typing.get_args(hint) if isinstance(each, Axes)), None)


def _converted(name: str, value: Any, holds: str, to_array: Function) -> Any:
    """An array of the kind of numbers that is declared."""
    array = _array(value)
    if array is None or not any(jnp.issubdtype(array.dtype, kind) for kind in KINDS[holds]):
        raise ArgumentError(f"{name}={shown(value)}: expected {holds}")
    traced = isinstance(array, Tracer)
    if traced and to_array is np.asarray:
        raise ArgumentError(f"{name}: traced, but this metric runs on the host, outside jit")
    if holds == "real numbers":
        return _floating(name, array, to_array)
    if holds == "truth values" and array.dtype != bool:
        if not traced and not np.isin(array, (0, 1)).all():
            raise ArgumentError(f"{name}={shown(value)}: expected truth values, or 0 and 1")
        array = array != 0
    found = to_array(array)
    if holds == "whole numbers" and not traced and not np.array_equal(found, array):
        raise ArgumentError(f"{name}={shown(value)}: expected {holds} of type {found.dtype}")
    return found


def _floating(name: str, array: Any, to_array: Function) -> Any:
    """Real numbers as an array of the floating type that JAX computes in."""
    as_it_is = jnp.issubdtype(array.dtype, jnp.floating) and array.dtype.itemsize <= 8
    with np.errstate(over="ignore"):
        found = to_array(array if as_it_is else array.astype(jnp.result_type(float)))
    if isinstance(array, np.ndarray) and found.dtype.itemsize < array.dtype.itemsize:
        with np.errstate(over="ignore"):
            large = np.isfinite(array) & ~np.isfinite(array.astype(found.dtype))
        if large.any():
            first = shown(array[large][0].item())
            raise ArgumentError(f"{name} holds {first}: expected numbers within {found.dtype}")
    return found


def _array(value: Any) -> Any:
    """An array of NumPy, or of JAX where it is one or holds what is traced; None where neither.

    Values that are masked are none, and a duration is no number, although NumPy calls it one.
    """
    if np.ma.is_masked(value):
        return None
    try:
        array = value if isinstance(value, jax.Array) else np.asarray(value)
        return None if array.dtype.kind == "m" else array
    except jax.errors.TracerArrayConversionError:
        return jnp.asarray(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _fitting(arrays: dict[str, Any], axes: Mapping[str, Axes]) -> dict[str, Any]:
    """The arrays with the same leading dimensions, where their own are as declared."""
    lengths: dict[str, int] = {}
    for name, array in arrays.items():
        dims, expected = axes[name].dims, f"expected {axes[name].text}"
        told = f"{name} of shape {array.shape}"
        if array.ndim < len(dims):
            raise ArgumentError(f"{told}: {expected}")
        for dim, length in zip(dims, array.shape[array.ndim - len(dims) :], strict=True):
            if not length and (dim != dims[0] or not axes[name].may_be_empty):
                raise ArgumentError(f"{told}: {expected}, each >= 1")
            known = lengths.setdefault(dim.removeprefix("other_"), length)
            if length != known:
                raise ArgumentError(f"{told}: {expected}, with {known} along {dim}")
    leading = {name: array.shape[: array.ndim - axes[name].n] for name, array in arrays.items()}
    if len(set(leading.values())) == 1:
        return arrays
    try:
        lead = np.broadcast_shapes(*leading.values())
    except ValueError:
        told = ", ".join(f"{name} of shape {array.shape}" for name, array in arrays.items())
        raise ArgumentError(f"{told}: expected leading dimensions that broadcast") from None
    of = np if all(isinstance(array, np.ndarray) for array in arrays.values()) else jnp
    return {
        name: of.broadcast_to(array, lead + array.shape[len(leading[name]) :])
        for name, array in arrays.items()
    }


def _by_name(
    measure: Function,
    values: Mapping[str, Any],
    axes: Mapping[str, Axes],
    result: Axes | None,
) -> Any:
    """What is measured of arrays of which some have names, with the names that are left."""
    import xarray  # loaded already, by who made the argument

    arrays = {}
    for name, value in values.items():
        dims = axes[name].dims
        if not _has_names(value):
            array = _converted(name, value, axes[name].holds, np.asarray)
            if array.ndim != len(dims):
                told = f"{name} of shape {array.shape}"
                raise ArgumentError(f"{told}: expected ({', '.join(dims)}), or a DataArray")
            arrays[name] = array
        elif set(dims) <= set(value.dims):
            arrays[name] = value.transpose(..., *dims)
        else:
            listed = ", ".join(map(str, value.dims))
            raise ArgumentError(f"{name} over ({listed}): expected dimensions {', '.join(dims)}")
    if result is None:
        return measure({name: np.asarray(array) for name, array in arrays.items()})
    try:
        return xarray.apply_ufunc(
            lambda *given: np.asarray(measure(dict(zip(arrays, given, strict=True)))),
            *arrays.values(),
            input_core_dims=[axes[name].dims for name in arrays],
            output_core_dims=[result.dims],
            join="exact",
            keep_attrs=False,
        )
    except ArgumentError:
        raise
    except ValueError as error:
        raise ArgumentError(f"{', '.join(arrays)}: {' '.join(str(error).split())}") from None
