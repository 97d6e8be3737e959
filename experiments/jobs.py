"""From a plain config to a checked job: everything is refused here that cannot be run."""

import copy
import dataclasses
import inspect
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.axes import expand, flat_axes
from experiments.components import (
    SUPPLIED,
    check_component,
    construct,
    group_of_several,
    problem_of,
)
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
from superpos.train.grid import SEED, Grid, check_count, make_grid
from superpos.train.program import Build
from superpos.types import Training

MOST_CORNERS = 1024
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
        spec: the resolved configuration, dotted key -> plain value, without the axes.
        fit: length of a run.
        config: the same configuration as the factories take it.
    """

    build: Build
    axes: dict[str, list[float]]
    zipped: list[list[str]]
    spec: dict[str, Any]
    fit: FitSpec
    config: Mapping[str, Any]

    @property
    def n_members(self) -> int:
        """Members of the sweep."""
        return make_grid(self.axes, self.zipped).n_members


def bind_job(config: Mapping[str, Any]) -> Job:
    """Check one variant of a config and close its factories over it.

    Args:
        config: plain and resolved, with data, model, optim, probe, fit, seed, sweep and zipped;
            the job reads engine.kernel when it is built, which is not checked here.

    Returns:
        The job.

    Raises:
        ConfigError: with every problem that was found.
    """
    problems = [p for group in COMPONENTS for p in check_component(group, config[group], group)]
    problems += problem_of("seed", config["seed"], Seed)
    fit = _fit(config["fit"], problems)
    problems += _mismatch(config) if not problems else []
    axes = _axes(config, problems)
    if fit is None or problems:
        raise ConfigError(problems)
    _try_corners(config, axes, make_grid(axes, config["zipped"]))
    return make_job(config, axes, config["zipped"], fit)


def make_job(
    config: Mapping[str, Any], axes: dict[str, list[float]], zipped: list[list[str]], fit: FitSpec
) -> Job:
    """The sweep of a checked config over checked axes."""
    return Job(
        build=lambda point: _training(_with_values(config, point), fit),
        axes=axes,
        zipped=zipped,
        spec={key: value for key, value in flat_spec(config).items() if key not in axes},
        fit=fit,
        config=config,
    )


def flat_spec(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a member is made of, dotted key -> plain value; the seed is not in it."""
    groups = (*COMPONENTS, "fit")
    return {key: value for g in groups for key, value in _flat(config[g], f"{g}.")}


def is_scalar(config: Mapping[str, Any], key: str) -> bool:
    """Tell whether a value of the config can be an axis of one compiled program."""
    value = _node(config, key.split("."))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        _axis_hint(config, key)
    except ArgumentError:
        return False
    return True


def _training(config: Mapping[str, Any], fit: FitSpec) -> Training:
    source = construct("data", config["data"])
    model = construct("model", config["model"])
    tx = construct("optim", config["optim"])
    probe = construct("probe", config["probe"], model=model, source=source)
    engine = config["engine"]["kernel"]
    return training(model=model, source=source, tx=tx, probe=probe, spec=fit, engine=engine)


def _fit(node: Any, problems: list[str]) -> FitSpec | None:
    known = [field.name for field in dataclasses.fields(FitSpec)]
    if not isinstance(node, Mapping):
        problems.append(f"fit={node!r}: expected {', '.join(known)}")
        return None
    wrong = [
        f"fit.{name}: unknown{did_you_mean(name, known)}" for name in node if name not in known
    ]
    wrong += [f"fit.{name}: missing" for name in known if name not in node]
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


def _axes(config: Mapping[str, Any], problems: list[str]) -> dict[str, list[float]]:
    """Expand and check every axis; where no seed is swept, the seed of the config is one."""
    axes: dict[str, list[float]] = {}
    found = (
        []
        if isinstance(config["sweep"], Mapping)
        else [f"sweep={config['sweep']!r}: expected axes at the keys they vary"]
    )
    for key, node in () if found else flat_axes(config["sweep"]):
        try:
            hint = _axis_hint(config, key)
            axes[key] = expand(key, node)
        except ArgumentError as error:
            found.append(str(error))
        else:
            wrong = [p for value in axes[key] for p in problem_of(f"sweep.{key}", value, hint)]
            found += wrong[:1]
    axes.setdefault("seed", [0 if problem_of("seed", config["seed"], Seed) else config["seed"]])
    if not found:
        found = _grid_problems(axes, config["zipped"])
    problems += found
    return axes


def _grid_problems(axes: Mapping[str, list[float]], zipped: Any) -> list[str]:
    if not isinstance(zipped, list) or not all(isinstance(group, list) for group in zipped):
        return [f"zipped={zipped!r}: expected lists of axes, such as [[data.density, seed]]"]
    try:
        check_count(make_grid(axes, zipped))
    except ArgumentError as error:
        text = str(error)
        if text.startswith("axes:"):
            return [f"sweep{text.removeprefix('axes')}"]
        return [text if text.startswith("zipped") else f"sweep.{text}"]
    return []


def _axis_hint(config: Mapping[str, Any], key: str) -> Any:
    """The annotation of what an axis varies.

    Raises:
        ArgumentError: the key does not exist or is static.
    """
    if key == "seed":
        return Seed
    *path, name = key.split(".")
    index = name if name.isdigit() else None
    if index is not None and path:
        *path, name = path
    node = _node(config, path)
    static = f"sweep.{key}: static, so each value is its own compile; use -m {key}=... instead"
    if path == ["fit"] and name in config["fit"]:
        raise ArgumentError(static)
    several = group_of_several(path[-2]) if len(path) > 1 else ""
    group = several or (path[-1] if path else "")
    if group not in REGISTRY or not isinstance(node, Mapping):
        raise ArgumentError(f"sweep.{key}: unknown, expected seed or a key of the config")
    kind = path[-1] if several else node.get("kind")
    if kind not in REGISTRY[group]:
        raise ArgumentError(f"sweep.{key}: cannot be checked, {'.'.join(path)} has no known kind")
    function = REGISTRY[group][kind]
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


def _try_corners(config: Mapping[str, Any], axes: Mapping[str, list[float]], grid: Grid) -> None:
    """Call every factory at the corners of the grid, for what ranges alone do not tell.

    Raises:
        ConfigError: a factory refused one of them.
    """
    ends = [
        {end for name in names for end in (grid.axes[name].argmin(), grid.axes[name].argmax())}
        for names in grid.dims.values()
    ]
    for corner in itertools.islice(itertools.product(*ends), MOST_CORNERS):
        point = {
            name: axes[name][at]
            for at, names in zip(corner, grid.dims.values(), strict=True)
            for name in names
            if name != SEED
        }
        at_corner = _with_values(config, point)
        try:
            for group in ("data", "model", "optim"):
                construct(group, at_corner[group])
        except ArgumentError as error:
            raise ConfigError([str(error)]) from None


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
