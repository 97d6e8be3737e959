"""Components of a config: checked against the signatures of their factories, then called."""

import inspect
from collections.abc import Mapping
from typing import Any

from experiments.registry import REGISTRY
from superpos.arguments import ArgumentError, annotation, check_value, did_you_mean

SUPPLIED = {"model", "source", "datasets", "folder"}
"""Arguments of a factory that the program supplies, not the config."""


def check_component(group: str, node: Any, path: str) -> list[str]:
    """Problems of one component: its kind, its keywords, their types and ranges."""
    if not isinstance(node, Mapping) or "kind" not in node:
        return [f"{path}={node!r}: expected a component with a kind"]
    kinds = REGISTRY[group]
    kind = node["kind"]
    if not isinstance(kind, str) or kind not in kinds:
        close = did_you_mean(str(kind), kinds)
        return [f"{path}.kind={kind!r}: expected one of {', '.join(kinds)}{close}"]
    parameters = inspect.signature(kinds[kind]).parameters
    settable = [name for name in parameters if name not in SUPPLIED]
    problems = []
    for name, value in node.items():
        if name == "kind":
            continue
        key = f"{path}.{name}"
        if name not in settable:
            close = did_you_mean(str(name), settable)
            listed = ", ".join(settable) or "nothing"
            problems.append(f"{key}: unknown, {path} {kind} takes {listed}{close}")
        elif name in REGISTRY and value is not None:
            problems += check_component(name, value, key)
        elif group_of_several(name):
            problems += _check_several(group_of_several(name), value, key)
        else:
            problems += problem_of(key, value, annotation(kinds[kind], name))
    required = [n for n in settable if parameters[n].default is inspect.Parameter.empty]
    return problems + [f"{path}.{name}: missing" for name in required if name not in node]


def group_of_several(name: str) -> str:
    """The group of an argument that holds several components, named by its plural; else "".

    Such an argument is a mapping, kind -> arguments, of components in their order. A kind whose
    arguments are null is left out.
    """
    return name[:-1] if name.endswith("s") and name[:-1] in REGISTRY else ""


def _check_several(group: str, node: Any, path: str) -> list[str]:
    if node is None:
        return []
    kinds = REGISTRY[group]
    if not isinstance(node, Mapping):
        return [f"{path}={node!r}: expected arguments for each kind, of {', '.join(kinds)}"]
    problems = []
    for kind, arguments in node.items():
        key = f"{path}.{kind}"
        if kind not in kinds:
            close = did_you_mean(str(kind), kinds)
            problems.append(f"{key}: unknown, expected one of {', '.join(kinds)}{close}")
        elif isinstance(arguments, Mapping) and "kind" not in arguments:
            problems += check_component(group, {"kind": kind, **arguments}, key)
        elif arguments is not None:
            problems.append(f"{key}={arguments!r}: expected the arguments of {kind}")
    return problems


def construct(group: str, node: Mapping[str, Any], path: str = "", **supplied: Any) -> Any:
    """Call the factory of a component, and those of the components inside it.

    Args:
        group: group of the registry.
        node: kind and arguments.
        path: dotted key of the component, for messages; the group where it is empty.
        **supplied: other components of the same run, for factories that take them.

    Returns:
        What the factory returns.

    Raises:
        ArgumentError: a factory refused its arguments; one line with the whole key.
    """
    path = path or group
    function = REGISTRY[group][node["kind"]]
    wanted = inspect.signature(function).parameters
    arguments = {
        name: _argument(name, value, f"{path}.{name}")
        for name, value in node.items()
        if name != "kind"
    }
    supplied = {name: value for name, value in supplied.items() if name in wanted}
    try:
        return function(**arguments, **supplied)
    except ArgumentError as error:
        raise ArgumentError(f"{path}.{error}") from None


def _argument(name: str, value: Any, path: str) -> Any:
    """An argument of a factory: a component, several of them, or a plain value."""
    if not isinstance(value, Mapping):
        return value
    if name in REGISTRY:
        return construct(name, value, path)
    group = group_of_several(name)
    return [
        construct(group, {"kind": kind, **arguments}, f"{path}.{kind}")
        for kind, arguments in value.items()
        if arguments is not None
    ]


def problem_of(key: str, value: Any, hint: Any) -> list[str]:
    """What is wrong with one value, as a list of one line or none."""
    try:
        check_value(key, value, hint)
    except ArgumentError as error:
        return [str(error)]
    return []
