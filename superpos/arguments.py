"""Ranges of factory arguments: written once in the signature, checked on concrete values.

A factory is decorated with `@factory` and annotates each number with its range, for example
`density: Density`. A value that is out of range is refused in one line when the factory is called.
A tracer is let through; inside `superpos.required.deferring` its condition is kept, to be asked of
the values that it stands for.
"""

import difflib
import functools
import inspect
import math
import operator
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Annotated, Any, Literal, Optional, ParamSpec, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from superpos.required import ArgumentError as ArgumentError
from superpos.required import require
from superpos.types import Scalar, Scalars

_MOST_SHOWN = 120
"""Characters of a value in a message."""
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Interval:
    """A range of numbers in the usual notation, such as "(0, 1]" or "[1, inf)"."""

    text: str

    def __contains__(self, value: float) -> bool:
        """Tell whether a finite number lies in the range."""
        return bool(self.holds(value))

    def holds(self, values: Any) -> Any:
        """The same of each number of an array, a traced one included."""
        low, high = (float(end) for end in self.text[1:-1].split(","))
        above = values >= low if self.text[0] == "[" else values > low
        below = values <= high if self.text[-1] == "]" else values < high
        return above & below & (abs(values) < math.inf)


Count = Annotated[int, Interval("[1, 2147483647]")]
CountOrZero = Annotated[int, Interval("[0, 2147483647]")]
MaybeCount = Optional[Count]  # noqa: UP045  (pyright knows no | for an Annotated type)
Seed = Annotated[int, Interval("[0, 4294967295]")]
Density = Annotated[Scalar, Interval("(0, 1]")]
Fraction = Annotated[Scalar, Interval("[0, 1]")]
MaybeFraction = Optional[Fraction]  # noqa: UP045
PositiveFraction = Annotated[Scalar, Interval("(0, 1]")]
Decay = Annotated[Scalar, Interval("[0, 1)")]
Kurtosis = Annotated[Scalar, Interval("[1, inf)")]
Positive = Annotated[Scalar, Interval("(0, inf)")]
MaybePositive = Optional[Positive]  # noqa: UP045
NonNegative = Annotated[Scalar, Interval("[0, inf)")]
MaybeNonNegative = Optional[NonNegative]  # noqa: UP045
Finite = Annotated[Scalar, Interval("(-inf, inf)")]
MaybeFinite = Optional[Finite]  # noqa: UP045
Correlation = Annotated[Scalar, Interval("[0, 1)")]
Densities = Annotated[Scalars, Interval("(0, 1]")]
NonNegatives = Annotated[Scalars, Interval("[0, inf)")]
Exponent = Annotated[Scalar, Interval("[1, inf)")]
AtLeastOne = Annotated[Scalar, Interval("[1, inf)")]
MaybeAtLeastOne = Optional[AtLeastOne]  # noqa: UP045
Counts = Annotated[Sequence[int], Interval("[1, 2147483647]")]


def factory(function: Callable[P, R]) -> Callable[P, R]:
    """Check the arguments of a keyword-only factory against its annotations at each call.

    Args:
        function: a factory whose arguments are annotated with the types of this module.

    Returns:
        The same factory, with the same signature.

    Raises:
        ArgumentError: when the factory is called with a value outside its range.
    """

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in kwargs.items():
            check_value(name, value, annotation(function, name))
        return function(*args, **kwargs)

    return checked


def annotation(function: Callable[..., Any], name: str) -> Any:
    """The annotation of one argument with its range; `Any` when it has none."""
    return _hints(inspect.unwrap(function)).get(name, Any)


@functools.cache
def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    return typing.get_type_hints(function, include_extras=True)


def sweepable(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names of the arguments typed `Scalar`, plus those typed `Scalars` as "name.<index>"."""
    hints = typing.get_type_hints(inspect.unwrap(function))
    alone = [name for name, hint in hints.items() if name != "return" and _has(hint, Scalar)]
    several = [f"{name}.<index>" for name, hint in hints.items() if _has(hint, Scalars)]
    return tuple(alone + several)


def element_of(hint: Any) -> Any:
    """The annotation of one element of an argument annotated as several numbers."""
    return Annotated[Scalar, _split(hint)[1]]


def _has(hint: Any, wanted: Any) -> bool:
    """Tell whether a hint is the wanted type or the wanted type or None."""
    return hint == wanted or hint == wanted | None


def check_value(name: str, value: Any, hint: Any) -> None:
    """Refuse a concrete value that its annotation does not allow.

    Args:
        name: how the argument is called in the message.
        value: the value; a tracer is left to `deferring`, values of other annotations pass.
        hint: the annotation, for example `Density`.

    Raises:
        ArgumentError: one line with the name, the value and what is allowed.
    """
    base, interval = _split(hint)
    if value is None and type(None) in typing.get_args(hint):
        return
    choice = typing.get_origin(base) is Literal
    if isinstance(value, Tracer):
        if choice or base is bool or (base in (int, float) and interval is not None):
            raise ArgumentError(f"{name}: static, so it cannot be swept inside one program")
        if interval is not None:
            require(interval.holds, [value], lambda: name)
    elif choice:
        _check_choice(name, value, typing.get_args(base))
    elif base is bool and not isinstance(value, bool):
        raise ArgumentError(f"{name}={shown(value)}: expected true or false")
    elif base is int and interval is not None:
        _check_count(name, value, interval)
    elif base in (int, float, Scalar) and interval is None:
        _check_plain(name, value, base)
    elif base in (str, str | None) and not (isinstance(value, str) and value):
        raise ArgumentError(f"{name}={shown(value)}: expected a text")
    elif base == Scalars and interval is not None:
        _check_numbers(name, value, interval)
    elif base == Sequence[int] and interval is not None:
        _check_counts(name, value, interval)
    elif base in (Scalar, float) and interval is not None:
        _check_number(name, value, interval)
    elif interval is None:
        _check_part(name, value, hint)


def within(asked: Scalar, name: str, most: Scalar, what: str) -> None:
    """Refuse a number above the number that there are.

    Raises:
        ArgumentError: one line.
    """
    require(
        lambda asked, most: asked <= most,
        [asked, most],
        lambda: f"{name}={shown(asked)}: expected at most {what}",
    )


def shown(value: Any) -> str:
    """A value on one line, however long it is."""
    if type(value) in (list, tuple, str):
        value = value[:_MOST_SHOWN]
    number = isinstance(value, np.number) or (isinstance(value, jax.Array) and not value.ndim)
    text = " ".join((str(value) if number else repr(value)).split())
    return text if len(text) <= _MOST_SHOWN else f"{text[:100]}..."


def is_plain(hint: Any) -> bool:
    """Whether an annotation is of numbers, texts or choices, as a config can hold."""
    base, interval = _split(hint)
    return interval is not None or base in (bool, str) or typing.get_origin(base) is Literal


def _split(hint: Any) -> tuple[Any, Interval | None]:
    """Part an annotation, or one of a union with None, into its type and its range."""
    for part in (hint, *typing.get_args(hint)):
        if typing.get_origin(part) is Annotated:
            base, *extras = typing.get_args(part)
            return base, next((e for e in extras if isinstance(e, Interval)), None)
    return hint, None


def _check_plain(name: str, value: Any, base: Any) -> None:
    """Refuse what is no number, or no integer, where a hint gives no range."""
    expected, besides = ("an integer", (float,)) if base is int else ("a number", ())
    if isinstance(value, (type(None), bool, bytes, Mapping, Sequence, *besides)):
        raise ArgumentError(f"{name}={shown(value)}: expected {expected}")


def _check_part(name: str, value: Any, hint: Any) -> None:
    """Refuse what is no function, or no object of the class, that a hint asks for."""
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    hints = typing.get_args(hint) if union else (hint,)
    wanted = [each for each in map(_part, hints) if each is not None]
    if len(wanted) < len(hints) or any(fits(value) for _, fits in wanted):
        return
    expected = " or ".join(what for what, _ in wanted)
    raise ArgumentError(f"{name}={shown(value)}: expected {expected}")


def _part(hint: Any) -> tuple[str, Callable[[Any], bool]] | None:
    """What a hint asks for, in words and as a test; None where that is not looked at."""
    if hint is type(None):
        return "none", lambda value: value is None
    if typing.get_origin(hint) is Callable or hint is Callable:
        return "a function", callable
    if typing.get_origin(hint) is Sequence:
        [inner] = typing.get_args(hint)
        each = _part(inner)
        if each is None:
            return None
        what, fits = each
        return (
            f"a list, each {what}",
            lambda value: type(value) in (list, tuple) and all(map(fits, value)),
        )
    if typing.get_origin(hint) is Mapping:
        return "a mapping", lambda value: isinstance(value, Mapping)
    own = isinstance(hint, type) and (hasattr(hint, "_fields") or is_dataclass(hint))
    if not own:
        return None
    article = "an" if hint.__name__[0] in "AEIOU" else "a"
    return f"{article} {hint.__name__}", lambda value: isinstance(value, hint)


def _check_choice(name: str, value: Any, choices: Sequence[Any]) -> None:
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        close = did_you_mean(str(value), [str(choice) for choice in choices])
        listed = ", ".join(map(str, choices))
        raise ArgumentError(f"{name}={shown(value)}: expected one of {listed}{close}")


def _check_count(name: str, value: Any, interval: Interval) -> None:
    try:
        count = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        count = None
    if count is None or count not in interval:
        raise ArgumentError(f"{name}={shown(value)}: expected an integer in {interval.text}")


def _check_counts(name: str, values: Any, interval: Interval) -> None:
    if not isinstance(values, (list, tuple)):
        raise ArgumentError(
            f"{name}={shown(values)}: expected a list of integers in {interval.text}"
        )
    for index, value in enumerate(values):
        _check_count(f"{name}.{index}", value, interval)


def _check_number(name: str, value: Any, interval: Interval) -> None:
    """The number itself and the float32 that the program will see must be in range."""
    try:
        array = np.asarray(value)
        real = jnp.issubdtype(array.dtype, jnp.integer) or jnp.issubdtype(array.dtype, jnp.floating)
        with np.errstate(all="ignore"):
            numbers = (float(array), float(np.float32(array))) if real and not array.ndim else ()
    except (ValueError, OverflowError, TypeError):
        numbers = ()
    if not numbers or not all(number in interval for number in numbers):
        raise ArgumentError(f"{name}={shown(value)}: expected a number in {interval.text}")


def _check_numbers(name: str, values: Any, interval: Interval) -> None:
    several = isinstance(values, (list, tuple)) or np.ndim(values) == 1
    if isinstance(values, str) or not several:
        raise ArgumentError(
            f"{name}={shown(values)}: expected a list of numbers in {interval.text}"
        )
    for index, value in enumerate(values):
        if not isinstance(value, Tracer):
            _check_number(f"{name}.{index}", value, interval)


def did_you_mean(word: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    """A hint such as "; did you mean density?", or nothing when no known word is close."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
