"""From a config to the parts of a run: checked, made, and connected by the names of arguments.

A factory that has an argument called `model` or `source` is given the other part of the run; one
whose argument has the name of an asset is given that.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import optax

from superpos import components
from superpos.app.registry import registry
from superpos.arguments import ArgumentError, Count, shown
from superpos.components import check, check_several, construct, problem_of
from superpos.types import Evaluation, Model, Source

COMPONENTS = ("data", "model", "optim", "evaluations")
"""Sections of a config of which a run is made."""
PARTS = {"model": "model", "source": "data"}
"""Argument -> the section of the config whose component it is given."""
WHEN = ("every", "at_start", "at_end", "after", "common")
"""Keys of an evaluation that say when and with which key, and are no arguments of its factory."""


class Parts(NamedTuple):
    """What a run is made of."""

    model: Model
    source: Source
    tx: optax.GradientTransformation
    evaluations: dict[str, Evaluation]


def problems_of(config: Mapping[str, Any], assets: Collection[str]) -> list[str]:
    """What is wrong with the components of a config, a line each.

    Args:
        config: with data, model, optim and evaluations.
        assets: names of the assets there are.
    """
    supplied = [*PARTS, *assets]
    found = [
        problem
        for group in ("data", "model", "optim")
        for problem in check(registry(), group, config[group], group, supplied)
    ]
    node = config["evaluations"]
    if isinstance(node, Mapping):
        found += [problem for name in node for problem in _when_problems(name, node[name])]
    return found + check_several(registry(), "evaluation", node, "evaluations", supplied, WHEN)


def resolve(config: Mapping[str, Any], assets: Mapping[str, Any], *, later: bool = False) -> Parts:
    """Make the parts of a run.

    Args:
        config: checked; its numbers may be tracers.
        assets: name -> what a factory is given.
        later: with the evaluations of stored members, too.

    Returns:
        The parts.

    Raises:
        ArgumentError: a factory refuses its arguments, or two parts ask for each other; one line.
    """
    parts = _Supply(config, assets)
    evaluations = {
        name: _evaluation(name, node, parts)
        for name, node in components.several(config["evaluations"]).items()
        if later or not node.get("after")
    }
    tx = construct(registry(), "optim", config["optim"], supplied=parts)
    return Parts(parts["model"], parts["source"], tx, evaluations)


def assets_of(
    config: Mapping[str, Any], assets: Collection[str], *, later: bool = False
) -> list[str]:
    """Names of those assets that some factory of a checked config asks for, as of `resolve`."""
    asked = {
        name
        for group in ("data", "model", "optim")
        for name in components.asked(registry(), group, config[group])
    }
    for node in components.several(config["evaluations"]).values():
        if later or not node.get("after"):
            asked |= {*components.asked(registry(), "evaluation", _without_when(node))}
    return [name for name in assets if name in asked]


def after(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The evaluations of stored members, by name."""
    found = components.several(config["evaluations"])
    return {name: node for name, node in found.items() if node.get("after")}


class _Supply(Mapping[str, Any]):
    """What factories are given by the names of their arguments, made when it is first asked for."""

    def __init__(self, config: Mapping[str, Any], assets: Mapping[str, Any]) -> None:
        self._config = config
        self._made: dict[str, Any] = dict(assets)
        self._making: list[str] = []

    def __getitem__(self, name: str) -> Any:
        if name in self._made:
            return self._made[name]
        group = PARTS[name]
        if name in self._making:
            raise ArgumentError(
                f"{group}: asked for by {' and by '.join(self._making)}, which it asks for"
            )
        self._making.append(name)
        self._made[name] = construct(registry(), group, self._config[group], supplied=self)
        self._making.pop()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**PARTS, **self._made})

    def __len__(self) -> int:
        return len({**PARTS, **self._made})


def _evaluation(name: str, node: Mapping[str, Any], parts: Mapping[str, Any]) -> Evaluation:
    path = f"evaluations.{name}"
    made = construct(registry(), "evaluation", _without_when(node), path, parts)
    every: Any = node.get("every")
    if isinstance(every, Mapping):
        every = construct(registry(), "trigger", every, f"{path}.every")
    flags = {key: node[key] for key in WHEN[1:] if key in node}
    return made._replace(every=every, **flags)


def _without_when(node: Any) -> Any:
    if not isinstance(node, Mapping):
        return node
    return {name: value for name, value in node.items() if name not in WHEN}


def _when_problems(name: str, node: Any) -> Iterator[str]:
    """What is wrong with when something is measured."""
    if not isinstance(node, Mapping):
        return
    path = f"evaluations.{name}"
    every = node.get("every")
    if isinstance(every, Mapping):
        yield from check(registry(), "trigger", every, f"{path}.every")
    elif every is not None:
        yield from problem_of(f"{path}.every", every, Count)
    for key in WHEN[1:]:
        yield from problem_of(f"{path}.{key}", node.get(key, False), bool)
    beside = every is not None or node.get("at_start") or node.get("at_end")
    if node.get("after") is True and beside:
        yield f"{path}.after={shown(True)}: expected no every, at_start or at_end beside it"
