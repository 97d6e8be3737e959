"""A config with changes laid over it."""

import inspect
from collections.abc import Mapping
from typing import Any

from experiments.registry import REGISTRY


def merged(config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The config with changes laid over it, mapping into mapping.

    A component that becomes one of another kind keeps of its arguments those that this kind takes.
    """
    result = dict(config)
    for key, value in changes.items():
        old = result.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            result[key] = merged(_kept(key, old, value.get("kind")), value)
        else:
            result[key] = value
    return result


def with_value(config: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The config with one value at a dotted key, laid over it as `merged` does."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return merged(config, value)


def _kept(group: str, node: Mapping[str, Any], kind: Any) -> Mapping[str, Any]:
    """What of a component another kind takes too; all of it where the kind stays or is unknown."""
    kinds = REGISTRY.get(group, {})
    if kind == node.get("kind") or not isinstance(kind, str) or kind not in kinds:
        return node
    taken = inspect.signature(kinds[kind]).parameters
    return {name: value for name, value in node.items() if name in taken}
