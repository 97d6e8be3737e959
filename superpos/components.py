"""Components by name: what a `kind:` in a config stands for, checked by its signature and made.

An argument of a factory is a component where it has the name of a group of the registry, and
several of them, kind -> arguments, where it has the plural of one. An argument that the config does
not set is supplied where the program has something of its name: another part of the run, or an
asset.
"""

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

from superpos.arguments import ArgumentError, annotation, check_value, did_you_mean, is_plain, shown
from superpos.types import EMPTY

Factory = Callable[..., Any]
Registry = Mapping[str, Mapping[str, Factory]]
"""Group of the config -> kind -> factory."""
MOST_LISTED = 40
"""Kinds that a refusal names."""


def factory_of(registry: Registry, group: str, kind: Any, path: str) -> Factory:
    """The factory that a kind stands for.

    Raises:
        ArgumentError: the group has no such kind; one line.
    """
    kinds = registry.get(group, {})
    if not isinstance(kind, str) or kind not in kinds:
        close = did_you_mean(str(kind), kinds)
        more = f" and {len(kinds) - MOST_LISTED} more" if len(kinds) > MOST_LISTED else ""
        listed = ", ".join([*kinds][:MOST_LISTED]) or "nothing"
        raise ArgumentError(f"{path}.kind={shown(kind)}: expected one of {listed}{more}{close}")
    return kinds[kind]


def group_of_several(registry: Registry, name: str) -> str:
    """The group of an argument that holds several components, named by its plural; else ""."""
    return name[:-1] if name.endswith("s") and name[:-1] in registry else ""


def several(node: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The components of an argument that holds several, by name; null leaves one out."""
    return {
        name: {"kind": name, **arguments}
        for name, arguments in node.items()
        if isinstance(arguments, Mapping)
    }


def construct(
    registry: Registry,
    group: str,
    node: Mapping[str, Any],
    path: str = "",
    supplied: Mapping[str, Any] = EMPTY,
) -> Any:
    """Call the factory of a component, and those of the components inside it.

    Args:
        registry: the factories that may be named.
        group: group of the registry.
        node: kind and arguments.
        path: dotted key of the component, for messages; the group where it is empty.
        supplied: name -> what is given to a factory with an argument of that name.

    Returns:
        What the factory returns.

    Raises:
        ArgumentError: an unknown kind or argument, or a factory refused its arguments; one line
            with the whole key.
    """
    path = path or group
    function = factory_of(registry, group, node.get("kind"), path)
    signature = inspect.signature(function)
    arguments = {
        name: _argument(registry, name, value, f"{path}.{name}", supplied)
        for name, value in node.items()
        if name != "kind"
    }
    given = [name for name in signature.parameters if name in supplied and name not in node]
    arguments |= {name: supplied[name] for name in given}
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise ArgumentError(f"{path}: {node['kind']} {error}") from None
    try:
        return function(**arguments)
    except ArgumentError as error:
        raise ArgumentError(f"{path}.{error}") from None


def _argument(
    registry: Registry, name: str, value: Any, path: str, supplied: Mapping[str, Any]
) -> Any:
    """A component, several of them as a list in their order, or a plain value."""
    if not isinstance(value, Mapping):
        return value
    if name in registry:
        return construct(registry, name, value, path, supplied)
    group = group_of_several(registry, name)
    if not group:
        return value
    return [
        construct(registry, group, each, f"{path}.{key}", supplied)
        for key, each in several(value).items()
    ]


def check(
    registry: Registry,
    group: str,
    node: Any,
    path: str,
    supplied: Collection[str] = (),
    beside: Collection[str] = (),
) -> list[str]:
    """Problems of one component: its kind, its keywords, their types and ranges.

    Args:
        registry: the factories that may be named.
        group: group of the registry.
        node: kind and arguments, as they stand in a config.
        path: dotted key of the component.
        supplied: names of what is given to factories that ask for it.
        beside: keys that may stand beside the arguments of the factory, and are not checked here.

    Returns:
        One line each.
    """
    if not isinstance(node, Mapping) or "kind" not in node:
        return [f"{path}={shown(node)}: expected a component with a kind"]
    try:
        function = factory_of(registry, group, node["kind"], path)
    except ArgumentError as error:
        return [str(error)]
    parameters = inspect.signature(function).parameters
    settable = [name for name in parameters if name not in supplied]
    listed = [*settable, *beside]
    problems: list[str] = []
    for name, value in node.items():
        if name == "kind" or name in beside:
            continue
        key = f"{path}.{name}"
        if name not in parameters:
            close = did_you_mean(str(name), listed)
            what = ", ".join(listed) or "nothing"
            problems.append(f"{key}: unknown, {path} {node['kind']} takes {what}{close}")
        elif name in registry and value is not None:
            problems += check(registry, name, value, key, supplied)
        elif several_of := group_of_several(registry, name):
            problems += check_several(registry, several_of, value, key, supplied)
        else:
            problems += problem_of(key, value, annotation(function, name))
    for name in settable:
        if name not in node and parameters[name].default is inspect.Parameter.empty:
            plain = name in registry or is_plain(annotation(function, name))
            why = "" if plain else f", and there is no asset called {name}"
            problems.append(f"{path}.{name}: missing{why}")
    return problems


def asked(registry: Registry, group: str, node: Mapping[str, Any]) -> set[str]:
    """Arguments that a component, or one inside it, takes and the config does not set."""
    parameters = inspect.signature(registry[group][node["kind"]]).parameters
    found = {name for name in parameters if name not in node}
    for name, value in node.items():
        if not isinstance(value, Mapping):
            continue
        if name in registry:
            found |= asked(registry, name, value)
        elif inner := group_of_several(registry, name):
            found |= {n for each in several(value).values() for n in asked(registry, inner, each)}
    return found


def check_several(
    registry: Registry,
    group: str,
    node: Any,
    path: str,
    supplied: Collection[str] = (),
    beside: Collection[str] = (),
) -> list[str]:
    """Problems of several components of one group, kind -> arguments."""
    if node is None:
        return []
    kinds = registry[group]
    if not isinstance(node, Mapping):
        return [f"{path}={shown(node)}: expected arguments for each kind, of {', '.join(kinds)}"]
    problems = []
    for name, arguments in node.items():
        key = f"{path}.{name}"
        if arguments is not None and not isinstance(arguments, Mapping):
            problems.append(f"{key}={shown(arguments)}: expected the arguments of {name}")
        elif name not in kinds and "kind" not in (arguments or {}):
            close = did_you_mean(str(name), kinds)
            problems.append(f"{key}: unknown, expected one of {', '.join(kinds)}{close}")
        elif arguments is not None:
            problems += check(registry, group, {"kind": name, **arguments}, key, supplied, beside)
    return problems


def problem_of(key: str, value: Any, hint: Any) -> list[str]:
    """What is wrong with one value, as a list of one line or none."""
    try:
        check_value(key, value, hint)
    except ArgumentError as error:
        return [str(error)]
    return []
