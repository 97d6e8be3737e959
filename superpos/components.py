"""Components by name: what a `kind:` in a config stands for, and how it is made."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from superpos.arguments import ArgumentError, did_you_mean, shown

Factory = Callable[..., Any]
Registry = Mapping[str, Mapping[str, Factory]]
"""Group of the config -> kind -> factory."""


def construct(
    registry: Registry, group: str, node: Mapping[str, Any], path: str = "", **supplied: Any
) -> Any:
    """Call the factory of a component, and those of the components inside it.

    A mapping given to an argument that has the name of a group is a component of that group.

    Args:
        registry: the factories that may be named.
        group: group of the registry.
        node: kind and arguments.
        path: dotted key of the component, for messages; the group where it is empty.
        **supplied: other components of the same run, for factories that take them.

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
        name: construct(registry, name, value, f"{path}.{name}")
        if isinstance(value, Mapping) and name in registry
        else value
        for name, value in node.items()
        if name != "kind"
    }
    arguments |= {name: value for name, value in supplied.items() if name in signature.parameters}
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise ArgumentError(f"{path}: {node['kind']} {error}") from None
    try:
        return function(**arguments)
    except ArgumentError as error:
        raise ArgumentError(f"{path}.{error}") from None


def factory_of(registry: Registry, group: str, kind: Any, path: str) -> Factory:
    """The factory that a kind stands for.

    Raises:
        ArgumentError: the group has no such kind; one line.
    """
    kinds = registry.get(group, {})
    if not isinstance(kind, str) or kind not in kinds:
        close = did_you_mean(str(kind), kinds)
        listed = ", ".join(kinds) or "nothing"
        raise ArgumentError(f"{path}.kind={shown(kind)}: expected one of {listed}{close}")
    return kinds[kind]
