"""Components of a config: checked against the signatures of their factories, then called."""

import inspect
from collections.abc import Mapping
from typing import Any

from experiments.analyses import EVERYTHING
from superpos import components
from superpos.arguments import ArgumentError, annotation, check_value, did_you_mean

SUPPLIED = {"model", "source", "datasets", "folder"}
"""Arguments of a factory that the program supplies, not the config."""


def check_component(group: str, node: Any, path: str) -> list[str]:
    """Problems of one component: its kind, its keywords, their types and ranges."""
    if not isinstance(node, Mapping) or "kind" not in node:
        return [f"{path}={node!r}: expected a component with a kind"]
    kinds = EVERYTHING[group]
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
        elif name in EVERYTHING and value is not None:
            problems += check_component(name, value, key)
        else:
            problems += problem_of(key, value, annotation(kinds[kind], name))
    required = [n for n in settable if parameters[n].default is inspect.Parameter.empty]
    return problems + [f"{path}.{name}: missing" for name in required if name not in node]


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
    return components.construct(EVERYTHING, group, node, path, **supplied)


def problem_of(key: str, value: Any, hint: Any) -> list[str]:
    """What is wrong with one value, as a list of one line or none."""
    try:
        check_value(key, value, hint)
    except ArgumentError as error:
        return [str(error)]
    return []
