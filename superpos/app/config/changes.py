"""A config with changes laid over it."""

import inspect
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from superpos.app.registry import registry


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


def with_changes(config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The config with changes laid over it, which what is taken from them follows.

    A key that has a value of its own among the changes follows no other any more.
    """
    own = dict(flat(changes, ""))
    result = without_links(merged(config, changes), own)
    for key, value in own.items():
        for each in [*_followers(result, key)]:
            result = _laid(result, each, value)
    return result


def with_value(config: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The config with one value at a dotted key, laid over it as `merged` does.

    Where the config took the values of other keys from this one, they follow.
    """
    result = dict(config)
    for each in (key, *_followers(config, key)):
        result = _laid(result, each, value)
    return result


def _laid(config: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The config with one value at a dotted key."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return merged(config, value)


def flat(node: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Walk a tree and yield (dotted key, value)."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from flat(value, f"{prefix}{name}.")
    else:
        yield prefix[:-1], node


def without_links(config: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """The config with keys that have values of their own, whatever these were taken from."""
    links = {name: source for name, source in config.get("links", {}).items() if name not in keys}
    return {**config, "links": links}


def _followers(config: Mapping[str, Any], key: str) -> Iterator[str]:
    """Keys that take their value from another one, directly or not, and are still there."""
    for name, source in config.get("links", {}).items():
        inside = key.removeprefix(source)
        if f"{key}.".startswith(f"{source}.") and _holds(config, name + inside):
            yield name + inside
            yield from _followers(config, name + inside)


def _holds(config: Any, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(config, Mapping) or part not in config:
            return False
        config = config[part]
    return True


def _kept(group: str, node: Mapping[str, Any], kind: Any) -> Mapping[str, Any]:
    """What of a component another kind takes too; all of it where the kind stays or is unknown."""
    kinds = registry().get(group, {})
    if kind == node.get("kind") or not isinstance(kind, str) or kind not in kinds:
        return node
    taken = inspect.signature(kinds[kind]).parameters
    return {name: value for name, value in node.items() if name in taken}
