"""A config as it was written: names of folders, what follows what, and what is not to be stored."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LONGEST_NAME = 120
INTERPOLATION = re.compile(r"\$\{([A-Za-z_]\w*(\.\w+)*)\}")
ENVIRONMENT = "oc.env"
"""How a config asks for a value of the environment."""


def folder_name(text: str) -> str:
    """One plain part of a path, however long the text and whatever is in it."""
    plain = text.replace("/", "_").replace("\0", "_")
    plain = plain.replace("..", "_") if set(plain) <= {"."} else plain
    if len(plain.encode()) <= LONGEST_NAME:
        return plain
    return f"{plain[: LONGEST_NAME // 2]}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def last(values: Sequence[Any]) -> Any:
    """The last of some values."""
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        raise ValueError(f"{values!r}: expected a list of one value or more")
    return values[-1]


def links(node: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted key -> the key whose value it takes, for each interpolation of a single value."""
    for name, value in node.items() if isinstance(node, Mapping) else ():
        found = INTERPOLATION.fullmatch(value) if isinstance(value, str) else None
        if found:
            yield f"{prefix}{name}", found[1]
        yield from links(value, f"{prefix}{name}.")


def text_of(*words: Any) -> str:
    """What asks for a value of the environment: a name, and perhaps what to take without it."""
    return f"${{{ENVIRONMENT}:{','.join('null' if word is None else str(word) for word in words)}}}"


def as_written(config: Mapping[str, Any]) -> dict[str, Any]:
    """A plain config to be stored: with what asks for the environment in the place of its values.

    Args:
        config: as `boundary.run` hands it over; `unresolved` has its sections before the
            environment was asked, where one of them asks for it.
    """
    kept = {name: value for name, value in config.items() if name != "unresolved"}
    return {**kept, **config.get("unresolved", {})}
