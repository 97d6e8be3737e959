"""From a plain config to a checked job: everything is refused here that cannot be run."""

import copy
import dataclasses
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.axes import expand, flat_axes
from experiments.components import SUPPLIED, check_component, construct, problem_of
from experiments.registry import REGISTRY
from superpos.arguments import (
    ArgumentError,
    Seed,
    annotation,
    did_you_mean,
    element_of,
    sweepable,
)
from superpos.train import FitSpec, training
from superpos.train.grid import make_grid
from superpos.train.program import Build
from superpos.types import Training

COMPONENTS = ("data", "model", "optim", "probe")


class ConfigError(Exception):
    """A config that cannot be run: one line per problem, each naming the key."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the problems apart for whoever prints them."""
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclasses.dataclass(frozen=True)
class Job:
    """One sweep: what to train and over which axes.

    Attributes:
        build: point -> Training, for `superpos.train.sweep`.
        axes: dotted key -> values.
        zipped: groups of axes that vary together.
        spec: the resolved configuration, dotted key -> plain value.
        fit: length of a run.
    """

    build: Build
    axes: dict[str, list[float]]
    zipped: list[list[str]]
    spec: dict[str, Any]
    fit: FitSpec

    @property
    def n_members(self) -> int:
        """Members of the sweep."""
        return make_grid(self.axes, self.zipped).n_members


def bind_job(config: Mapping[str, Any]) -> Job:
    """Check one variant of a config and close its factories over it.

    Args:
        config: plain and resolved, with data, model, optim, probe, fit, seed, sweep and zipped.

    Returns:
        The job.

    Raises:
        ConfigError: with every problem that was found.
    """
    problems = [p for group in COMPONENTS for p in check_component(group, config[group], group)]
    problems += problem_of("seed", config["seed"], Seed)
    fit = _fit(config["fit"], problems)
    axes = _axes(config, problems)
    if fit is None or problems:
        raise ConfigError(problems)
    spec = {
        key: value
        for group in (*COMPONENTS, "fit")
        for key, value in _flat(config[group], f"{group}.")
        if key not in axes
    }
    _try_extremes(config, axes)
    return Job(
        build=lambda point: _training(_with_values(config, point), fit),
        axes=axes,
        zipped=config["zipped"],
        spec=spec,
        fit=fit,
    )


def _training(config: Mapping[str, Any], fit: FitSpec) -> Training:
    source = construct("data", config["data"])
    model = construct("model", config["model"])
    tx = construct("optim", config["optim"])
    probe = construct("probe", config["probe"], model=model, source=source)
    return training(model=model, source=source, tx=tx, probe=probe, spec=fit)


def _fit(node: Mapping[str, Any], problems: list[str]) -> FitSpec | None:
    known = [field.name for field in dataclasses.fields(FitSpec)]
    unknown = [name for name in node if name not in known]
    problems += [f"fit.{name}: unknown{did_you_mean(name, known)}" for name in unknown]
    try:
        return None if unknown else FitSpec(**node)
    except (TypeError, ValueError) as error:
        problems.append(f"fit.{error}")
        return None


def _axes(config: Mapping[str, Any], problems: list[str]) -> dict[str, list[float]]:
    """Expand and check every axis; where no seed is swept, the seed of the config is one."""
    axes: dict[str, list[float]] = {}
    before = len(problems)
    for key, node in flat_axes(config["sweep"]):
        try:
            hint = _axis_hint(config, key)
            axes[key] = expand(key, node)
        except ArgumentError as error:
            problems.append(str(error))
        else:
            found = [p for value in axes[key] for p in problem_of(f"sweep.{key}", value, hint)]
            problems += found[:1]
    axes.setdefault("seed", [config["seed"]])
    if len(problems) == before:
        try:
            make_grid(axes, config["zipped"])
        except ArgumentError as error:
            problems.append(f"sweep.{error}")
    return axes


def _axis_hint(config: Mapping[str, Any], key: str) -> Any:
    """The annotation of what an axis varies.

    Raises:
        ArgumentError: the key does not exist or is static.
    """
    if key == "seed":
        return Seed
    *path, name = key.split(".")
    index = name if name.isdigit() else None
    if index is not None:
        *path, name = path
    node = _node(config, path)
    static = f"sweep.{key}: static, so each value is its own compile; use -m {key}=... instead"
    if path == ["fit"] and name in config["fit"]:
        raise ArgumentError(static)
    if not isinstance(node, Mapping) or path[-1] not in REGISTRY:
        raise ArgumentError(f"sweep.{key}: unknown, expected seed or a key of the config")
    function = REGISTRY[path[-1]][node["kind"]]
    if name not in inspect.signature(function).parameters or name in SUPPLIED:
        close = did_you_mean(name, sweepable(function))
        raise ArgumentError(f"sweep.{key}: unknown{close}")
    if index is None and name in sweepable(function):
        return annotation(function, name)
    if index is not None and f"{name}.<index>" in sweepable(function):
        if not 0 <= int(index) < len(node.get(name) or []):
            raise ArgumentError(f"sweep.{key}: {'.'.join(path)}.{name} has no element {index}")
        return element_of(annotation(function, name))
    raise ArgumentError(static)


def _node(config: Any, path: list[str]) -> Any:
    for part in path:
        config = config.get(part) if isinstance(config, Mapping) else None
    return config


def _try_extremes(config: Mapping[str, Any], axes: Mapping[str, list[float]]) -> None:
    """Call every factory on the ends of each axis, for what ranges alone do not tell."""
    points = [{}] + [
        {key: end} for key, values in axes.items() for end in (min(values), max(values))
    ]
    for point in points:
        for group in COMPONENTS[:3]:
            try:
                construct(group, _with_values(config, point)[group])
            except ArgumentError as error:
                raise ConfigError([f"{group}.{error}"]) from None


def _with_values(config: Mapping[str, Any], point: Mapping[str, Any]) -> dict[str, Any]:
    """The config with the values of a point at their dotted keys."""
    changed = copy.deepcopy(dict(config))
    for key, value in point.items():
        *path, name = key.split(".")
        node = _node(changed, path)
        node[int(name) if isinstance(node, list) else name] = value
    return changed


def _flat(node: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from _flat(value, f"{prefix}{name}.")
    else:
        yield prefix[:-1], node
