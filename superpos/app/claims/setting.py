"""Whether a run has the setting that its experiment is registered with."""

import functools
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from superpos.app import boundary
from superpos.app.config.axes import GENERATORS, expand
from superpos.app.extensions import Extension, extensions

WITHOUT_CLAIMS = "train"
"""The analysis that judges nothing, so that no setting of it is another one."""
NEUTRAL = {
    *("title", "question", "experiment", "command", "overrides", "links", "output_dir", "tracker"),
    *("objective", "engine.chunk", "engine.memory_fraction", "engine.checkpoint_seconds"),
    *("engine.n_devices", "engine.allow_numerics_change"),
}
"""Keys of a config that say nothing of what is trained and measured, or not more than rounding."""
NOTHING = "nothing"


def changes(config: Mapping[str, Any]) -> list[str]:
    """How a config differs from the registered setting of its experiment, in words.

    Args:
        config: plain and resolved, and found to be valid.

    Returns:
        A line for each key that differs, but for those that follow another one; empty where none
        does, or where nothing is judged.
    """
    kind = config["analysis"]["kind"]
    if kind == WITHOUT_CLAIMS:
        return []
    known = boundary.experiments()
    name = config["experiment"] if config["experiment"] in known else kind
    unchanged = registered(name)
    mine, theirs = (
        dict(_flat({key: node for key, node in each.items() if key not in NEUTRAL}))
        for each in (config, unchanged)
    )
    followers = config["links"].items() & unchanged["links"].items()
    silent = NEUTRAL | {key for key, _ in followers}
    return [
        f"{key}={_text(mine, key)} instead of {_text(theirs, key)}"
        for key in [*mine, *(theirs.keys() - mine.keys())]
        if mine.get(key, NOTHING) != theirs.get(key, NOTHING) and not silent & {*_above(key)}
    ]


def registered(name: str) -> dict[str, Any]:
    """The config of an experiment as nobody changed it; composed once, and not to be changed."""
    return _registered(name, extensions())


@functools.cache
def _registered(name: str, every: tuple[Extension, ...]) -> dict[str, Any]:
    """That of these packages."""
    del every
    return boundary.compose([f"experiment={name}"])


def _flat(node: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted key -> value; axes by their values, however they are written."""
    swept = f".{prefix}".rfind(".sweep.") >= 0
    if swept and node is not None and (not isinstance(node, Mapping) or node.keys() & GENERATORS):
        yield prefix[:-1], expand(prefix[:-1], node)
    elif isinstance(node, Mapping) and node:
        for name, child in node.items():
            yield from _flat(child, f"{prefix}{name}.")
    elif node is not None and node != {}:
        yield prefix[:-1], node


def _above(key: str) -> Iterator[str]:
    """A dotted key and those of the nodes that it is in: "a.b" -> "a", "a.b"."""
    return itertools.accumulate(key.split("."), "{}.{}".format)


def _text(flat: Mapping[str, Any], key: str) -> str:
    """A value for a reader: of an axis its length and its ends."""
    value = flat.get(key, NOTHING)
    if isinstance(value, list) and len(value) > 4:
        return f"{len(value)} values from {label_text(value[0])} to {label_text(value[-1])}"
    return (
        f"[{', '.join(map(label_text, value))}]" if isinstance(value, list) else label_text(value)
    )


def label_text(value: Any) -> str:
    """A value of an axis for a reader: a float to six digits, anything else as it is."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
