"""From a plain config to a checked plan: everything is refused here that cannot be run."""

import copy
import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

from superpos.app.config import loading
from superpos.app.config.changes import flat
from superpos.app.config.resolve import COMPONENTS, after, assets_of, problems_of, resolve
from superpos.app.config.varying import Axes, axes_of, node_at
from superpos.arguments import (
    ArgumentError,
    Seed,
    did_you_mean,
)
from superpos.components import problem_of, several
from superpos.engine.assets import Build, identified
from superpos.engine.starts import starts_of
from superpos.engine.validity import valid_points
from superpos.store.grid import make_grid
from superpos.train import FitSpec, training
from superpos.types import EMPTY, Asset, Model, Training


class ConfigError(Exception):
    """A config that cannot be run: one line per problem, each naming the key."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the problems apart for whoever prints them."""
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclasses.dataclass(frozen=True)
class SweepPlan:
    """One sweep: what to train and over which axes.

    Attributes:
        build: (point, assets) -> Training, or point -> Training where there are no assets, for
            `superpos.train.sweep`.
        build_later: the same with the evaluations of stored members, for `superpos.train.evaluate`.
        axes: dotted key -> values.
        zipped: groups of axes that vary together.
        spec: the resolved configuration, dotted key -> plain value, without the axes.
        fit: length of a run.
        config: the same configuration as the factories take it.
        assets: what its factories ask for, those of evaluations of stored members among them.
        over: evaluation of stored members -> axes of its own numbers.
    """

    build: Build
    build_later: Build
    axes: Axes
    zipped: list[list[str]]
    spec: dict[str, Any]
    fit: FitSpec
    config: Mapping[str, Any]
    assets: Mapping[str, Asset]
    over: Mapping[str, Axes]

    @property
    def n_members(self) -> int:
        """Members of the sweep."""
        return make_grid(self.axes, self.zipped).n_members

    @property
    def trained_with(self) -> dict[str, Asset]:
        """The assets that training asks for, and that members are identified by."""
        return {name: self.assets[name] for name in assets_of(self.config, self.assets)}


def bind_plan(config: Mapping[str, Any], made: Mapping[str, Model | None] = EMPTY) -> SweepPlan:
    """Check one variant of a config and close its factories over it.

    Args:
        config: plain and resolved, with data, model, optim, evaluations, assets, fit, seed, sweep
            and zipped; the plan reads engine.kernel when it is built, which is not checked here. No
            axis of the sweep is static: `variant.bind_variant` takes those apart.
        made: variant -> its model, for the variants that are trained before.

    Returns:
        The plan.

    Raises:
        ConfigError: with every problem that was found.
    """
    problems = loading.problems_of(config["assets"])
    given = config["assets"] if isinstance(config["assets"], Mapping) else {}
    loaders = {name: loader for name, loader in given.items() if loader is not None}
    problems += problems_of(config, loaders)
    problems += problem_of("seed", config["seed"], Seed)
    fit = _fit(config["fit"], problems)
    problems += _mismatch(config) if not problems else []
    axes = axes_of(config, problems)
    if fit is None or problems:
        raise ConfigError(problems)
    try:
        assets = loading.loaded(loaders, assets_of(config, loaders, later=True), made)
        over = {name: _under(axes, f"evaluations.{name}.") for name in after(config)}
        apart = [key for own in over.values() for key in own]
        axes = {key: values for key, values in axes.items() if key not in apart}
        plan = make_plan(config, axes, config["zipped"], fit, assets, over)
        valid_points(plan.build_later, make_grid(axes, config["zipped"]).points, assets)
    except ArgumentError as error:
        raise ConfigError([str(error)]) from None
    return plan


def make_plan(
    config: Mapping[str, Any],
    axes: Axes,
    zipped: list[list[str]],
    fit: FitSpec,
    assets: Mapping[str, Asset],
    over: Mapping[str, Axes] = EMPTY,
) -> SweepPlan:
    """The sweep of a checked config over checked axes; `over` is of what is measured afterwards."""

    def build(
        point: Mapping[str, Any], given: Mapping[str, Any] = EMPTY, *, later: bool = False
    ) -> Training:
        parts = resolve(with_values(config, point), given, later=later)
        return training(**parts._asdict(), spec=fit, kernel=config["engine"]["kernel"])

    trained_with = {name: assets[name] for name in assets_of(config, assets)}
    spec = identified(flat_spec(config), trained_with)
    return SweepPlan(
        build=build,
        build_later=functools.partial(build, later=True),
        axes=axes,
        zipped=zipped,
        spec={key: value for key, value in spec.items() if key not in axes},
        fit=fit,
        config=config,
        assets=assets,
        over={name: over.get(name, {}) for name in after(config)},
    )


def flat_spec(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a member is made of, dotted key -> plain value, but for the seed and the assets."""
    later = after(config)
    made = {
        name: node for name, node in several(config["evaluations"]).items() if name not in later
    }
    nodes = {**{group: config[group] for group in COMPONENTS}, "evaluations": made}
    nodes["fit"] = config["fit"]
    found = {key: value for group, node in nodes.items() for key, value in flat(node, f"{group}.")}
    engine = config["engine"]  # which is not checked yet
    return {**found, **starts_of(isinstance(engine, Mapping) and engine.get("own_starts") is True)}


def spec_after(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What an evaluation of stored members is made of, dotted key -> plain value."""
    return dict(flat(after(config)[name], f"evaluations.{name}."))


def _under(axes: Axes, prefix: str) -> Axes:
    return {key: values for key, values in axes.items() if key.startswith(prefix)}


def _fit(node: Any, problems: list[str]) -> FitSpec | None:
    fields = dataclasses.fields(FitSpec)
    known = [field.name for field in fields]
    needed = [field.name for field in fields if field.default is dataclasses.MISSING]
    if not isinstance(node, Mapping):
        problems.append(f"fit={node!r}: expected {', '.join(known)}")
        return None
    wrong = [
        f"fit.{name}: unknown{did_you_mean(name, known)}" for name in node if name not in known
    ]
    wrong += [f"fit.{name}: missing" for name in needed if name not in node]
    problems += wrong
    try:
        return None if wrong else FitSpec(**node)
    except (TypeError, ValueError) as error:
        problems.append(f"fit.{error}")
        return None


def _mismatch(config: Mapping[str, Any]) -> list[str]:
    """The model reads what the data gives."""
    given, wanted = config["data"].get("n_features"), config["model"].get("n_features")
    if wanted in (None, given):
        return []
    return [f"model.n_features={wanted}: expected data.n_features={given}"]


def with_values(config: Mapping[str, Any], point: Mapping[str, Any]) -> dict[str, Any]:
    """The config with the values of a point at their dotted keys."""
    changed = copy.deepcopy(dict(config))
    for key, value in point.items():
        *path, name = key.split(".")
        node = node_at(changed, path)
        node[int(name) if isinstance(node, list) else name] = value
    return changed
