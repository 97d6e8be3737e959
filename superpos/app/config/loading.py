"""Assets of a config: checked, loaded once, and, where an earlier variant makes them, planned."""

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from superpos.app.config.resolve import PARTS
from superpos.app.registry import registry
from superpos.arguments import ArgumentError, did_you_mean, shown
from superpos.components import check, construct
from superpos.types import Asset, Members, Model

VARIANT = "variant"
"""An argument of kind `members` in a config: an earlier variant, in place of a store."""
PLANNED = "planned"
"""The digest of an asset that an earlier variant is still to make."""
SUPPLIED = ("registry",)


def problems_of(node: Any) -> list[str]:
    """What is wrong with the section `assets` of a config, a line each."""
    if not isinstance(node, Mapping):
        return [f"assets={shown(node)}: expected a loader for each name"]
    problems = []
    for name, loader in node.items():
        path = f"assets.{name}"
        if loader is None:
            continue
        if name in registry() or name in PARTS or not str(name).isidentifier():
            problems.append(f"{path}: expected another name, which no component has")
        else:
            problems += check(registry(), "asset", _with_store(loader, ""), path, SUPPLIED)
    return problems


def loaded(
    node: Mapping[str, Any], names: Sequence[str], made: Mapping[str, Model | None]
) -> dict[str, Asset]:
    """The assets of a config.

    Args:
        node: the section `assets`, checked.
        names: those that are asked for.
        made: variant -> its model, for the variants that are trained before; None where these
            differ.

    Returns:
        Name -> the asset, with shapes in place of arrays where a variant is still to be trained.

    Raises:
        ArgumentError: a file or a store that is missing or another one, or an unknown variant; one
            line.
    """
    return {
        name: _planned(f"assets.{name}", node[name], made)
        if VARIANT in node[name]
        else _load(f"assets.{name}", node[name])
        for name in names
    }


def realised(
    node: Mapping[str, Any], assets: Mapping[str, Asset], output_dir: Path
) -> dict[str, Asset]:
    """The same assets, with what earlier variants have made by now."""
    return {
        name: _load(f"assets.{name}", _with_store(node[name], str(output_dir)))
        if each.digest == PLANNED
        else each
        for name, each in assets.items()
    }


def _planned(path: str, loader: Mapping[str, Any], made: Mapping[str, Model | None]) -> Asset:
    """What is known of the members of a variant before it is trained: the shapes of one.

    Raises:
        ArgumentError: no such variant comes before; one line.
    """
    name = loader[VARIANT]
    if name not in made:
        close = did_you_mean(str(name), made)
        listed = ", ".join(made) or "none"
        raise ArgumentError(f"{path}.variant={name}: expected an earlier one, of {listed}{close}")
    model = made[name]
    if model is None:
        raise ArgumentError(f"{path}.variant={name}: expected one without static axes of its model")
    shapes = jax.eval_shape(model.init, jax.random.key(0))
    arrays = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((1, *leaf.shape), leaf.dtype), shapes)
    return Asset(arrays, PLANNED, lambda arrays: Members(model, *arrays))


def _with_store(loader: Any, output_dir: str) -> Any:
    """A loader of the members of a variant, as one of the store where they are."""
    if not isinstance(loader, Mapping) or VARIANT not in loader or "store" in loader:
        return loader
    rest = {name: value for name, value in loader.items() if name != VARIANT}
    return {**rest, "store": str(Path(output_dir, str(loader[VARIANT])))}


def _load(path: str, loader: Mapping[str, Any]) -> Asset:
    return _cached(path, json.dumps(loader, sort_keys=True), _stamp(loader))


@functools.lru_cache(maxsize=8)
def _cached(path: str, text: str, stamp: Any) -> Asset:
    """An asset is loaded once for all plans of a command, as long as its file stays as it is."""
    del stamp
    return construct(registry(), "asset", json.loads(text), path, {"registry": registry()})


def _stamp(loader: Mapping[str, Any]) -> Any:
    """What changes with a file, or, for a store, every time."""
    if "store" in loader:
        return np.random.default_rng().integers(2**62)
    try:
        found = Path(str(loader.get("path", ""))).stat()
        return found.st_mtime_ns, found.st_size
    except OSError:
        return None
