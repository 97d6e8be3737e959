"""Experiments cut down to a size that a test can run."""

from collections.abc import Mapping
from typing import Any

from superpos.app.config.axes import GENERATORS, expand


def shrunk(node: Any) -> Any:
    """Axes cut down to their ends, wherever they are in a sweep."""
    if isinstance(node, Mapping) and not set(node) & set(GENERATORS):
        return {name: shrunk(child) for name, child in node.items()}
    if node is None:
        return None
    return ends(expand("axis", node))


def ends(values: list[Any]) -> list[Any]:
    """The first and the last."""
    return [values[at] for at in (0, -1)[: len(values)]]
