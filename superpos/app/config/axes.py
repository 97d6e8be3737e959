"""Axes of a sweep as written in a config: lists, or generators that are expanded here."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from superpos.arguments import ArgumentError, did_you_mean, shown
from superpos.store.grid import MOST_MEMBERS

TOO_MANY = f"expected at most {MOST_MEMBERS:,} values"


def flat_axes(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Walk the `sweep:` node, which mirrors the config, and yield (dotted key, axis).

    A null is an axis that is not swept and is left out.
    """
    for name, node in tree.items():
        key = f"{prefix}{name}"
        if isinstance(node, Mapping) and not set(node) & set(GENERATORS):
            yield from flat_axes(node, f"{key}.")
        elif node is not None:
            yield key, node


def with_lists(node: Any) -> Any:
    """Axes with each generator as a list of one, which replaces what was there before."""
    if not isinstance(node, Mapping):
        return node
    if _is_generator(node):
        return [node]
    return {name: with_lists(value) for name, value in node.items()}


def _is_generator(node: Mapping[str, Any]) -> bool:
    """Tell a generator, if only a misspelt one with a number, from axes at their keys."""
    return any(
        name in GENERATORS
        or (isinstance(value, (int, float)) and did_you_mean(str(name), GENERATORS))
        for name, value in node.items()
    )


def expand(key: str, node: Any) -> list[float]:
    """Values of one axis.

    Args:
        key: dotted key of the axis, for messages.
        node: a list of numbers and generators, or one generator: {linspace: [start, stop, num]},
            {logspace: [start, stop, num]} with start and stop themselves (not exponents), {range:
            [start, stop, step]} as in Python with one to three integers, {choice: [values]}.

    Returns:
        The values, those of generators in their place.

    Raises:
        ArgumentError: not an axis, or an empty one; one line.
    """
    items = node if isinstance(node, list) else [node]
    if not isinstance(node, list) and not isinstance(node, Mapping):
        raise ArgumentError(f"sweep.{key}={node!r}: expected a list or a generator")
    values = []
    for item in items:
        values += _generate(key, item) if isinstance(item, Mapping) else [item]
        if len(values) > MOST_MEMBERS:
            raise ArgumentError(f"sweep.{key}={shown(node)}: {TOO_MANY}")
    if not values:
        raise ArgumentError(f"sweep.{key}={node!r}: empty axis, expected one or more values")
    return values


def _generate(key: str, node: Mapping[str, Any]) -> list[float]:
    if len(node) != 1:
        raise ArgumentError(f"sweep.{key}={dict(node)!r}: expected one generator")
    [(name, arguments)] = node.items()
    if name not in GENERATORS:
        listed = ", ".join(GENERATORS)
        raise ArgumentError(f"sweep.{key}.{name}: unknown, expected a list or one of {listed}")
    try:
        return GENERATORS[name](arguments)
    except OverflowError:
        raise ArgumentError(f"sweep.{key}.{name}={shown(arguments)}: {TOO_MANY}") from None
    except (TypeError, ValueError):
        raise ArgumentError(f"sweep.{key}.{name}={arguments!r}: expected {USAGE[name]}") from None


def _linspace(arguments: Any) -> list[float]:
    start, stop, num = _numbers(arguments, 3)
    return np.linspace(start, stop, _few(operator.index(num))).tolist()


def _logspace(arguments: Any) -> list[float]:
    start, stop, num = _numbers(arguments, 3)
    if start <= 0 or stop <= 0:
        raise ValueError
    return np.geomspace(start, stop, _few(operator.index(num))).tolist()


def _range(arguments: Any) -> list[int]:
    bounds = arguments if isinstance(arguments, list) else [arguments]
    if any(isinstance(bound, bool) for bound in bounds):
        raise TypeError
    values = range(*map(operator.index, bounds))
    _few(len(values))
    return list(values)


def _choice(arguments: Any) -> list[float]:
    if not isinstance(arguments, list):
        raise TypeError
    return arguments


def _few(n_values: int) -> int:
    """A number of values that can be made.

    Raises:
        OverflowError: there are too many, as `len` says of even more.
    """
    if n_values > MOST_MEMBERS:
        raise OverflowError
    return n_values


def _numbers(arguments: Any, count: int) -> Sequence[Any]:
    if isinstance(arguments, Mapping) and set(arguments) == {"start", "stop", "num"}:
        arguments = [arguments[name] for name in ("start", "stop", "num")]
    if not isinstance(arguments, list) or len(arguments) != count:
        raise TypeError
    if not np.all(np.isfinite(np.asarray(arguments, float))):
        raise ValueError
    return arguments


GENERATORS: dict[str, Callable[[Any], list[Any]]] = {
    "linspace": _linspace,
    "logspace": _logspace,
    "range": _range,
    "choice": _choice,
}
USAGE = {
    "linspace": "[start, stop, num] with an integer num >= 0",
    "logspace": "[start, stop, num] with start, stop > 0 (values, not exponents)",
    "range": "one to three integers, [start, stop, step]",
    "choice": "a list of values",
}
