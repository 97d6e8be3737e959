"""Which keys of a config can vary, and over what: inputs of one program, or static."""

import inspect
from collections.abc import Mapping
from typing import Any

from superpos.app.config.axes import expand, flat_axes
from superpos.app.config.resolve import COMPONENTS, WHEN
from superpos.app.registry import registry
from superpos.arguments import (
    ArgumentError,
    Seed,
    annotation,
    did_you_mean,
    element_of,
    sweepable,
)
from superpos.components import group_of_several, problem_of
from superpos.store.grid import make_grid

Axes = dict[str, list[Any]]
"""Dotted key -> values."""


def axes_of(config: Mapping[str, Any], problems: list[str]) -> Axes:
    """Expand and check every axis; where no seed is swept, the seed of the config is one."""
    axes: Axes = {}
    found = (
        []
        if isinstance(config["sweep"], Mapping)
        else [f"sweep={config['sweep']!r}: expected axes at the keys they vary"]
    )
    for key, node in () if found else flat_axes(config["sweep"]):
        try:
            hint = axis_hint(config, key)
            if hint is None:
                raise ArgumentError(f"sweep.{key}: static, expected an input of one program")
            axes[key] = expand(key, node)
        except ArgumentError as error:
            found.append(str(error))
        else:
            wrong = [p for value in axes[key] for p in problem_of(f"sweep.{key}", value, hint)]
            found += wrong[:1]
    axes.setdefault("seed", [0 if problem_of("seed", config["seed"], Seed) else config["seed"]])
    if not found:
        found = _grid_problems(axes, config["zipped"])
    problems += found
    return axes


def _grid_problems(axes: Mapping[str, list[float]], zipped: Any) -> list[str]:
    if not isinstance(zipped, list) or not all(isinstance(group, list) for group in zipped):
        return [f"zipped={zipped!r}: expected lists of axes, such as [[data.density, seed]]"]
    try:
        make_grid(axes, zipped)
    except ArgumentError as error:
        text = str(error)
        if text.startswith("axes:"):
            return [f"sweep{text.removeprefix('axes')}"]
        return [text if text.startswith("zipped") else f"sweep.{text}"]
    return []


def axis_hint(config: Mapping[str, Any], key: str) -> Any:
    """The annotation of what an axis varies; None where that is static.

    Raises:
        ArgumentError: the key does not exist.
    """
    if key == "seed":
        return Seed
    *path, name = key.split(".")
    index = name if name.isdigit() else None
    if index is not None and path:
        *path, name = path
    node = node_at(config, path)
    if path == ["fit"] and isinstance(node, Mapping):
        if name in node:
            return None
        raise ArgumentError(f"sweep.{key}: unknown{did_you_mean(name, node)}")
    one_of = group_of_several(registry(), path[-2]) if len(path) > 1 else ""
    group = one_of or (path[-1] if path else "")
    trained = bool(path) and path[0] in COMPONENTS
    if key.split(".")[0] in COMPONENTS and isinstance(node_at(config, key.split(".")), Mapping):
        raise ArgumentError(
            f"sweep.{key}: expected one of its numbers, as +sweep.{key}.<argument>=[...], or its"
            f" kind, as +sweep.{key}.kind=[...]"
        )
    if not trained or group not in registry() or not isinstance(node, Mapping):
        raise ArgumentError(f"sweep.{key}: unknown, expected seed or a key of the config")
    if name == "kind":
        return None
    if one_of == "evaluation" and name in WHEN:
        return None
    kind = node.get("kind", path[-1] if one_of else None)
    if kind not in registry()[group]:
        raise ArgumentError(f"sweep.{key}: cannot be checked, {'.'.join(path)} has no known kind")
    function = registry()[group][kind]
    if name not in inspect.signature(function).parameters:
        close = did_you_mean(name, [*inspect.signature(function).parameters])
        raise ArgumentError(f"sweep.{key}: unknown{close}")
    if index is None and name in sweepable(function):
        return annotation(function, name)
    if index is not None and f"{name}.<index>" in sweepable(function):
        if not 0 <= int(index) < len(node.get(name) or []):
            raise ArgumentError(f"sweep.{key}: {'.'.join(path)}.{name} has no element {index}")
        return element_of(annotation(function, name))
    if index is not None:
        raise ArgumentError(f"sweep.{key}: {'.'.join(path)}.{name} has no element {index}")
    return None


def is_scalar(config: Mapping[str, Any], key: str) -> bool:
    """Tell whether a value of the config can be an axis of one compiled program."""
    value = node_at(config, key.split("."))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return axis_hint(config, key) is not None
    except ArgumentError:
        return False


def node_at(config: Any, path: list[str]) -> Any:
    """What a config has at a path; None where it has nothing."""
    for part in path:
        config = config.get(part) if isinstance(config, Mapping) else None
    return config
