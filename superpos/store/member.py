"""From a stored sweep back to its models: each made anew from its config, with what it learned."""

import inspect
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from superpos.components import Registry, construct, factory_of
from superpos.store import opening
from superpos.store.best import NoMemberError
from superpos.store.files import StoreError
from superpos.store.grid import SEED
from superpos.store.results import final_leaves
from superpos.store.select import labels_of, matching, select
from superpos.store.table import config_of, finished
from superpos.types import Array, Carry, Member, Model, Params, State

if TYPE_CHECKING:
    import xarray

_INIT = "init"
"""The argument of a model that is its initialiser, and the group of that."""


def member(source: "str | Path | xarray.Dataset", registry: Registry, **selection: Any) -> Member:
    """One finished member of a sweep or a multirun.

    Args:
        source: a folder, or what `sweep` or `store.open` returned, or a part of that.
        registry: the factories that a stored config may name: group -> kind -> factory.
        **selection: coordinate -> label, such as density=0.05, seed=3; an axis may be left out
            where it has one value. A number is compared as the float32 that is stored.

    Returns:
        (model, params, state).

    Raises:
        ArgumentError: the selection leaves no member or several, or a factory refuses the config;
            one line that says what is there.
        NoMemberError: the member is missing or diverged; one line.
        StoreError: the store cannot be read, or does not hold what the model is made of; one line.
    """
    reader = _Reader(source, registry)
    index = select(reader.labels, selection)
    if not reader.finished[index]:
        asked = ", ".join(f"{name}={value}" for name, value in reader.labels.at(index).items())
        status = reader.dataset["status"].to_numpy()[index]
        raise NoMemberError(f"{asked or 'the member'}: {status}, expected one that is finished")
    return reader.member(index)


def members(
    source: "str | Path | xarray.Dataset", registry: Registry, **selection: Any
) -> Iterator[tuple[dict[str, Any], Member]]:
    """Every finished member, in the order of the dataset.

    Members whose configs have the same model share one Model.

    Args:
        source: as of `member`.
        registry: as of `member`.
        **selection: coordinate -> label, or a list of labels; without any, all members.

    Yields:
        Its labels, coordinate -> value, and the member.

    Raises:
        ArgumentError: a factory refuses the config, or an unknown coordinate or label; one line.
        StoreError: the store cannot be read, or does not hold what a model is made of; one line.
    """
    reader = _Reader(source, registry)
    for place in np.argwhere(reader.finished & matching(reader.labels, selection)):
        index = tuple(place.tolist())
        yield reader.labels.at(index), reader.member(index)


def nodes(
    source: "str | Path | xarray.Dataset", registry: Registry, group: str, **selection: Any
) -> Iterator[dict[str, Any]]:
    """What the config of every finished member has below a group, in the order of `members`.

    Args:
        source: as of `member`.
        registry: as of `member`.
        group: of the config, such as "model".
        **selection: as of `members`.

    Yields:
        A tree: its kind and arguments.

    Raises:
        ArgumentError: as of `members`.
        StoreError: as of `members`.
    """
    reader = _Reader(source, registry)
    for place in np.argwhere(reader.finished & matching(reader.labels, selection)):
        yield _node(reader.config(tuple(place.tolist())), group)


def component(
    source: "str | Path | xarray.Dataset", registry: Registry, group: str, **selection: Any
) -> Any:
    """A component of the config of a member, made anew: such as the "data" it was trained on.

    Args:
        source: as of `member`.
        registry: as of `member`.
        group: group of the registry, and of the config.
        **selection: as of `member`; axes of other parts of the run than the component is made
            of, which are its group, the data and, where it asks for it, the model, may be left out.

    Returns:
        What the factory returns.

    Raises:
        ArgumentError: the selection leaves none or several, or a factory refuses the config.
        StoreError: the store cannot be read, or has no such component; one line.
    """
    reader = _Reader(source, registry)
    parts = (f"{group}.", "data.")
    index = select(reader.labels, selection, within=parts)
    if "model" in _asked(registry, group, reader.config(index)):
        index = select(reader.labels, selection, within=(*parts, "model."))
    return _construct(registry, group, reader.config(index))


class _Reader:
    """Reads members of one dataset; keeps the models it made."""

    def __init__(self, source: "str | Path | xarray.Dataset", registry: Registry) -> None:
        dataset = opening.open(source) if isinstance(source, (str, Path)) else source
        self.dataset = dataset
        self.finished = finished(dataset).to_numpy()
        self.labels = labels_of(dataset)
        self._registry = registry
        self._shared = config_of(dataset)
        self._groups = json.loads(dataset.attrs.get("groups", "null"))
        self._models: dict[str, tuple[Model, Any]] = {}
        self._values: dict[str, np.ndarray] = {}

    def config(self, index: tuple[int, ...]) -> dict[str, Any]:
        """The whole config of a member: that of its sweep, with its own values of the axes."""
        labels = self.labels.at(index)
        of_key = {key: labels[name] for name, key in self.labels.keys.items()}
        config, axes = self._shared, [key for key in of_key if key != SEED]
        if self._groups is not None:
            made = self._groups.get(labels.get("group"))
            if made is None:
                raise StoreError("no config of this member, expected its group on disk")
            config, axes = made["config"], [axis for axis in made["axes"] if axis != SEED]
        lacking = [axis for axis in axes if axis not in of_key]
        if lacking:
            raise StoreError(f"{lacking[0]}: expected a coordinate with the value of this axis")
        own = {axis: float(np.float32(of_key[axis])) for axis in axes}
        return {**config, **own}

    def member(self, index: tuple[int, ...]) -> Member:
        """The member at a place along the dimensions of `status`."""
        config = self.config(index)
        needs_data = "source" in _asked(self._registry, "model", config)
        nodes = [_node(config, group) for group in ("model", "data")[: 1 + needs_data]]
        text = json.dumps(nodes, sort_keys=True)
        if text not in self._models:
            model = _construct(self._registry, "model", config)
            self._models[text] = model, jax.eval_shape(model.init, jax.random.key(0))
        model, shapes = self._models[text]
        return Member(model, *self._filled(shapes, index))

    def _filled(self, shapes: Any, index: tuple[int, ...]) -> tuple[Params, State]:
        """Stored values in the place of the shapes of (params, state)."""
        renamed: Mapping[str, str] = {}
        if self._groups is not None:
            renamed = self._groups[self.labels.arrays["group"][index]]["renamed"]
        params, state = shapes
        none: Any = ()
        carry = Carry(
            step=none, key=none, params=params, state=state, opt_state=none, diverged_step=none
        )
        named = {
            name: leaf for name, leaf in final_leaves(carry).items() if name != "diverged_step"
        }
        leaves = [
            self._leaf(renamed.get(name, name), leaf.shape, index) for name, leaf in named.items()
        ]
        return jax.tree.unflatten(jax.tree.structure(shapes), leaves)

    def _leaf(self, name: str, shape: tuple[int, ...], index: tuple[int, ...]) -> Array:
        """A result of one member, without what pads it in a multirun."""
        if name not in self.dataset:
            raise StoreError(f"{name}: not in the dataset, though the model of its config has it")
        if name not in self._values:
            dims = self.dataset["status"].dims
            self._values[name] = self.dataset[name].transpose(*dims, ...).to_numpy()
        values = self._values[name][index]
        if self._groups is not None and len(shape) == values.ndim:
            values = values[tuple(slice(length) for length in shape)]
        if values.shape != shape:
            raise StoreError(f"{name}: stored with shape {values.shape}, the model has {shape}")
        return jnp.asarray(values)


def _construct(registry: Registry, group: str, config: Mapping[str, Any]) -> Any:
    """A component of a flat config, with the part of the run that it asks for."""
    asked = _asked(registry, group, config)
    parts = {"source": "data", "model": "model"}
    supplied = {
        name: _construct(registry, part, config) for name, part in parts.items() if name in asked
    }
    return construct(registry, group, _made_anew(registry, config, group), supplied=supplied)


def _made_anew(registry: Registry, config: Mapping[str, Any], group: str) -> dict[str, Any]:
    """A component of a flat config, without an initialiser that asks for an asset.

    What a stored model started from is not needed to make it anew.
    """
    node = _node(config, group)
    init = node.get(_INIT)
    lacking = isinstance(init, Mapping) and _lacks(registry, _INIT, init)
    return {name: value for name, value in node.items() if name != _INIT or not lacking}


def _lacks(registry: Registry, group: str, node: Mapping[str, Any]) -> bool:
    """Whether a component, or one inside it, needs what its config does not say."""
    function = factory_of(registry, group, node.get("kind"), group)
    for name, parameter in inspect.signature(function).parameters.items():
        value = node.get(name)
        if name not in node and parameter.default is inspect.Parameter.empty:
            return True
        if name in registry and isinstance(value, Mapping) and _lacks(registry, name, value):
            return True
    return False


def _asked(registry: Registry, group: str, config: Mapping[str, Any]) -> Collection[str]:
    """Names of the arguments that the factory of a component takes."""
    factory = factory_of(registry, group, _node(config, group).get("kind"), group)
    return inspect.signature(factory).parameters


def _node(config: Mapping[str, Any], group: str) -> dict[str, Any]:
    """What a flat config has below a group, as a tree; a number may be an element of a list."""
    tree: dict[str, Any] = {}
    for key, value in config.items():
        head, *path = key.split(".")
        if head != group or not path:
            continue
        node: Any = tree
        try:
            for part in path[:-1]:
                node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
            last = path[-1]
            node[int(last) if isinstance(node, list) else last] = value
        except (ValueError, IndexError, TypeError, AttributeError):
            raise StoreError(f"{key}: in the stored config, below what has no parts") from None
    if not tree:
        raise StoreError(f"{group}: not in the stored config, expected {group}.kind and so on")
    return tree
