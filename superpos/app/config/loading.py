"""Assets of a config: checked, loaded once, and, where the experiment makes them, planned.

A loader that has an argument with the name of another asset is given that.
"""

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from superpos.app.config.resolve import PARTS
from superpos.app.registry import registry
from superpos.arguments import ArgumentError, did_you_mean, shown
from superpos.components import asked, check, construct
from superpos.types import Asset, Members, Model

VARIANT = "variant"
"""An argument of kind `members` in a config: an earlier variant, in place of a store."""
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
            others = [each for each in node if each != name and node[each] is not None]
            own = _with_store(loader, "")
            problems += check(registry(), "asset", own, path, [*SUPPLIED, *others])
    return problems


def variants_of(node: Any) -> list[str]:
    """The variants whose members some loaders take, of a section `assets` that is not checked."""
    loaders = node.values() if isinstance(node, Mapping) else ()
    return [str(each[VARIANT]) for each in loaders if isinstance(each, Mapping) and VARIANT in each]


def needed(node: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Assets of some names, and those that their loaders are given, which come before.

    Args:
        node: the section `assets`, checked.
        names: those that are asked for.

    Raises:
        ArgumentError: two loaders ask for each other; one line.
    """
    found: dict[str, None] = {}

    def add(name: str, asking: tuple[str, ...]) -> None:
        if name in asking:
            raise ArgumentError(f"assets.{name}: asked for by {asking[-1]}, which it asks for")
        given = asked(registry(), "asset", _with_store(node[name], ""))
        for each in node:
            if each in given and node[each] is not None:
                add(each, (*asking, name))
        found[name] = None

    for name in names:
        add(name, ())
    return [*found]


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
    found: dict[str, Asset] = {}
    for name in needed(node, names):
        path, loader = f"assets.{name}", node[name]
        if VARIANT in loader:
            found[name] = _planned(path, loader, made)
            continue
        given = {each: found[each] for each in asked(registry(), "asset", loader) & found.keys()}
        own = functools.partial(construct, registry(), "asset", loader, path)
        found[name] = own({"registry": registry(), **given}) if given else _load(path, loader)
    return {name: found[name] for name in names}


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
        raise ArgumentError(f"{path}.variant={name}: expected members of one model")
    shapes = jax.eval_shape(model.init, jax.random.key(0))
    arrays = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((1, *leaf.shape), leaf.dtype), shapes)

    def make(folder: str) -> Asset:
        return _load(path, _with_store(loader, folder))

    return Asset(arrays, "", lambda arrays: Members(model, *arrays), make)


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
