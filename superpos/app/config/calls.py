"""What a config may make Hydra call: the targets of the chosen plugins, and nothing else.

Hydra calls what is named below `hydra`: callbacks, classes of logging, the targets of launcher and
sweeper and of what they hold, and, through the environment or a cluster, other programs. A config
may come from a stranger, so each of these is refused unless it is a plugin's own.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from superpos.arguments import shown

Registered = Callable[[str], Mapping[str, Any]]
"""Group -> option -> the config that a plugin registered for it."""

PLUGINS = ("launcher", "sweeper")
LOGS = ("hydra_logging", "job_logging")
LOGGED = {
    "class": ("logging.StreamHandler", "logging.FileHandler", "logging.NullHandler"),
    "filename": (
        "${hydra.runtime.output_dir}/${hydra.job.name}.log",
        "hydra-${hydra.job.name}.log",
    ),
}
"""Keys of logging that name code or a file, and their values in Hydra's own configs."""
NO_LOGS = ("()", ".", "queue", "listener")
"""Keys of logging that name code, or set what code holds."""
STREAMS = ("ext://sys.stdout", "ext://sys.stderr")
SPECIAL = re.compile(r"_[a-z]+_|custom_search_space")
"""Keys of plugins that are instructions for a call, such as _target_ and _args_."""
TYPED = ("job.env_set", "launcher.submitit", "launcher.ray")
"""What decides which programs are started: only the command line may say that."""
NAMES = ("output_subdir", "job.name")
"""Parts of the paths that Hydra writes to."""
PLAIN_NAME = re.compile(r"[A-Za-z0-9._][A-Za-z0-9_-]{0,63}")


def problems_of(
    node: Mapping[str, Any], registered: Registered, typed: Collection[str]
) -> Iterator[str]:
    """Find what a config would call besides the chosen plugins.

    Args:
        node: what the config has below `hydra`, plain; launcher and sweeper are resolved, the rest
            is as written.
        registered: what plugins registered.
        typed: dotted keys that the command line gives values to, such as "hydra.job.env_set.X".

    Yields:
        A line for each: the key, its value, and what is expected.
    """
    if node.get("callbacks"):
        yield f"hydra.callbacks={shown(node['callbacks'])}: expected none, as they run code"
    for name in LOGS:
        yield from _logging(node.get(name), f"hydra.{name}")
    for name in PLUGINS:
        choices = node["runtime"]["choices"]
        yield from _plugin(node.get(name), f"hydra.{name}", {}, registered, choices)
    if copied := _at(node, "job.env_copy"):
        why = "as values of the environment are not stored"
        yield f"hydra.job.env_copy={shown(copied)}: expected [], {why}"
    for key in TYPED:
        yield from _untyped(_at(node, key), f"hydra.{key}", typed)
    for key in NAMES:
        value = _at(node, key)
        if value is not None and not PLAIN_NAME.fullmatch(str(value)):
            yield f"hydra.{key}={shown(value)}: expected a plain name"


def _at(node: Any, path: str) -> Any:
    for part in path.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    return node


def _items(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, Mapping):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)


def _logging(node: Any, path: str) -> Iterator[str]:
    """Names of code, and of files of others, in a config of Python's logging."""
    for name, value in _items(node):
        key = f"{path}.{name}"
        if name in NO_LOGS:
            yield f"{key}={shown(value)}: expected no such key, as it runs code"
        elif name not in LOGGED:
            yield from _logging(value, key)
        elif value not in LOGGED[name]:
            yield f"{key}={shown(value)}: expected one of {', '.join(LOGGED[name])}"
    if isinstance(node, str) and ("://" in node or "${" in node) and node not in STREAMS:
        yield f"{path}={shown(node)}: expected plain text, or one of {', '.join(STREAMS)}"


def _plugin(
    node: Any, path: str, own: Any, registered: Registered, choices: Mapping[str, Any]
) -> Iterator[str]:
    """Instructions for calls in the settings of a plugin that are not its own, `own`."""
    group = path.replace(".", "/")
    if options := registered(group):
        target = _at(node, "_target_")
        same = [each for each in options.values() if _at(each, "_target_") == target]
        own = options.get(str(choices.get(group)), same[0] if same else {})
    for name, value in _items(node):
        key, expected = f"{path}.{name}", _at(own, str(name))
        if not SPECIAL.fullmatch(str(name)):
            yield from _plugin(value, key, expected, registered, choices)
        elif value != expected:
            what = "no such key" if expected is None else f"{expected}, as the plugin has it"
            yield f"{key}={shown(value)}: expected {what}, as it runs code"


def _untyped(node: Any, path: str, typed: Collection[str]) -> Iterator[str]:
    """Settings that no word of the command line gives."""
    for name, value in _items(node):
        key = f"{path}.{name}"
        if not any(
            f"{key}.".startswith(f"{each}.") or each.startswith(f"{key}.") for each in typed
        ):
            yield f"{key}={shown(value)}: expected on the command line alone, as it starts programs"
