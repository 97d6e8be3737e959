"""A variant of a config, taken apart: a plan for each combination of static values."""

import dataclasses
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from superpos.app.config.axes import expand, flat_axes
from superpos.app.config.changes import flat, with_value, without_links
from superpos.app.config.resolve import after
from superpos.app.config.sweep_plan import ConfigError, SweepPlan, bind_plan, make_plan, with_values
from superpos.app.config.varying import axis_hint
from superpos.app.registry import registry
from superpos.app.sweeping import arithmetic
from superpos.arguments import ArgumentError, did_you_mean, shown
from superpos.components import asked, construct
from superpos.store.grid import SEED, canonical, make_grid
from superpos.types import EMPTY, Model

MOST_PROGRAMS = 256
"""Of one variant: each is traced for checks, and compiled."""

Axes = dict[str, list[Any]]


@dataclasses.dataclass(frozen=True)
class Variant:
    """What a variant trains.

    Attributes:
        axes: dotted key -> values, in written order: `sweep:`, then the columns of `points:`.
        zipped: groups of axes that vary together, such as the columns of `points:`.
        static: axes that no program can take as an input.
        plans: one for each combination of the values of the static axes.
    """

    axes: Axes
    zipped: list[list[str]]
    static: tuple[str, ...]
    plans: list[SweepPlan]

    @property
    def n_members(self) -> int:
        """Members of all plans."""
        return sum(plan.n_members for plan in self.plans)

    @property
    def model(self) -> Model | None:
        """The model of the first member.

        None where members differ in more than numbers, or the model reads an asset; a language
        model has no numbers that it could be made with anew.
        """
        [plan, *others] = self.plans
        numbers = {key: plan.axes[key][0] for key in plan.axes if key.startswith("model.")}
        node = with_values(plan.config, numbers)["model"]
        if others or asked(registry(), "model", node) & plan.assets.keys():
            return None
        found = construct(registry(), "model", node)
        return None if numbers and found.transformer is not None else found


class _Part(NamedTuple):
    """A config, and the axes that are left where it has the values of the others."""

    config: Mapping[str, Any]
    axes: Axes
    zipped: list[list[str]]

    def plain(self) -> dict[str, Any]:
        """As `bind_plan` takes it."""
        return {**self.config, "sweep": self.axes, "zipped": self.zipped, "points": []}


def bind_variant(config: Mapping[str, Any], made: Mapping[str, Model | None] = EMPTY) -> Variant:
    """Check a variant of a config, and every combination of its static values.

    Args:
        config: plain and resolved, as `bind_plan` takes it, with `points`; its axes may be static.
        made: variant -> its model, for the variants that are trained before.

    Returns:
        The variant.

    Raises:
        ConfigError: with every problem that was found, each once.
    """
    whole, labels, found = _read(config)
    parts = [] if found else _parts(whole, labels, found)
    if found:  # what else is wrong is told as well, of axes where no kind is swept
        kinds = any(key.endswith(".kind") for key in whole.axes)
        left = [key for key in whole.axes if not kinds and not _is_static(config, key)]
        parts = [_Part(config, {key: whole.axes[key] for key in left}, [])]
    plans: list[SweepPlan] = []
    problems: dict[str, None] = {}
    static = tuple(key for key in whole.axes if any(key not in part.axes for part in parts))
    for part in parts:
        try:
            plans.append(bind_plan(part.plain(), made))
        except ConfigError as error:
            problems |= dict.fromkeys(_labelled(each, labels, static) for each in error.problems)
    if problems or found:
        raise ConfigError(list(dict.fromkeys([*problems, *found])))
    axes = {key: values for key, values in whole.axes.items() if not is_later(config, key)}
    axes = {**axes, SEED: whole.axes.get(SEED, plans[0].axes[SEED])}
    return Variant(axes, whole.zipped, static, plans)


def realised(variant: Variant, output_dir: Path) -> Variant:
    """A variant with what earlier variants have made by now in the place of what was planned.

    Args:
        variant: that is to be trained next.
        output_dir: where the folders of all variants are.

    Raises:
        ArgumentError: an earlier one has no members to take; one line.
    """
    plans = [_realised(plan, output_dir) for plan in variant.plans]
    return dataclasses.replace(variant, plans=plans)


def _realised(plan: SweepPlan, output_dir: Path) -> SweepPlan:
    if all(each.make is None for each in plan.assets.values()):
        return plan
    with arithmetic(plan.config):
        assets = {name: each.made(str(output_dir)) for name, each in plan.assets.items()}
    return make_plan(plan.config, plan.axes, plan.zipped, plan.fit, assets, plan.over)


def _read(config: Mapping[str, Any]) -> tuple[_Part, dict[str, str], list[str]]:
    """All axes of a variant, where each was written, such as "sweep.seed", and what is wrong."""
    axes: Axes = {}
    labels: dict[str, str] = {}
    found: list[str] = []
    sweep, zipped = config["sweep"], config["zipped"]
    if not isinstance(sweep, Mapping):
        return _Part(config, {}, []), {}, [f"sweep={sweep!r}: expected axes at the keys they vary"]
    for key, node in flat_axes(sweep):
        try:
            axes[key], labels[key] = expand(key, node), f"sweep.{key}"
        except ArgumentError as error:
            found.append(str(error))
    if not isinstance(zipped, list) or not all(isinstance(group, list) for group in zipped):
        found.append(f"zipped={zipped!r}: expected lists of axes, such as [[data.density, seed]]")
        zipped = []
    later = [key for group in zipped for key in group if is_later(config, str(key))]
    found += [f"zipped: {key} is of stored members, expected it in sweep alone" for key in later]
    try:
        table = _columns(config["points"])
        found += [
            f"points.{key}: of stored members, expected it in sweep alone"
            for key in table
            if is_later(config, key)
        ]
        found += [f"points.{key}: in sweep too, expected once" for key in table if key in axes]
        axes |= table
        labels |= {key: f"points.{key}" for key in table}
        zipped = [*zipped, list(table)] if len(table) > 1 else zipped
        if not found:
            make_grid({key: range(len(axes[key])) for key in axes}, zipped)
    except ArgumentError as error:
        found.append(re.sub("^axes:", "sweep:", str(error)))
        if str(error).startswith("axes:"):  # so many values are not looked at one by one
            axes = {}
    return _Part(without_links(config, axes), axes, zipped), labels, found


def _columns(points: Any) -> Axes:
    """A table of points as axes of the same length, dotted key -> values.

    Raises:
        ArgumentError: not a table; one line with the row and the key.
    """
    if not isinstance(points, list):
        raise ArgumentError(f"points={shown(points)}: expected a list of rows, key -> value")
    rows: list[dict[str, Any]] = []
    for number, point in enumerate(points):
        pairs = [*flat(point, "")] if isinstance(point, Mapping) else []
        rows.append(dict(pairs))
        if not pairs or len(pairs) != len(rows[-1]):
            raise ArgumentError(f"points.{number}={shown(point)}: expected each key once -> value")
        for key in sorted(rows[-1].keys() - rows[0].keys()):
            close = did_you_mean(key, rows[0])
            raise ArgumentError(f"points.{number}.{key}: not in the rows above{close}")
        for key in sorted(rows[0].keys() - rows[-1].keys()):
            raise ArgumentError(f"points.{number}.{key}: missing, expected as in the rows above")
    return {key: [row[key] for row in rows] for key in (rows[0] if rows else ())}


def _parts(whole: _Part, labels: Mapping[str, str], found: list[str]) -> list[_Part]:
    """All combinations of static values, unless there are too many or two are the same."""
    try:
        parts = list(itertools.islice(_split(whole, labels), MOST_PROGRAMS + 1))
    except ArgumentError as error:
        found.append(str(error))
        return []
    if len(parts) > MOST_PROGRAMS:
        static = ", ".join(key for key in whole.axes if key not in parts[0].axes)
        found.append(
            f"sweep: more than {MOST_PROGRAMS} programs, one for each combination of {static};"
            " expected fewer values"
        )
    return parts


def _split(part: _Part, labels: Mapping[str, str]) -> Iterator[_Part]:
    """A part for each combination of static values; kinds first, as they say what is static.

    Raises:
        ArgumentError: a static value is not plain, or comes twice; one line.
    """
    static = [key for key in part.axes if _is_static(part.config, key)]
    static = [key for key in static if key.endswith(".kind")] or static
    if not static:
        yield part
        return
    dims = make_grid({key: range(len(part.axes[key])) for key in part.axes}, part.zipped).dims
    choices = [_choices(names, static, part.axes, labels) for names in dims.values()]
    for chosen in itertools.product(*choices):
        config = part.config
        columns: Axes = {}
        for values, rest in chosen:
            columns |= rest
            for key, value in values.items():
                config = with_value(config, key, value)
        groups = [[name for name in group if name in columns] for group in part.zipped]
        zipped = [group for group in groups if len(group) > 1]
        yield from _split(
            _Part(config, {key: columns[key] for key in part.axes if key in columns}, zipped),
            labels,
        )


def _choices(
    names: Sequence[str], static: Sequence[str], axes: Axes, labels: Mapping[str, str]
) -> list[tuple[dict[str, Any], Axes]]:
    """Static values of one dimension, each with what the other axes along it have beside them."""
    own = [name for name in names if name in static]
    rest = [name for name in names if name not in static]
    found: dict[str, tuple[dict[str, Any], Axes]] = {}
    for row in zip(*(axes[name] for name in names), strict=True):
        point = dict(zip(names, row, strict=True))
        for name in own:
            if not (point[name] is None or isinstance(point[name], (bool, int, float, str))):
                what = "expected a number, a string, true, false or null"
                raise ArgumentError(f"{labels[name]}={shown(point[name])}: {what}")
        values = {name: point[name] for name in own}
        text = json.dumps({name: canonical(value) for name, value in values.items()})
        if text in found and not rest:
            raise ArgumentError(
                f"{', '.join(labels[name] for name in names)}: {[*row]} appears twice, expected"
                " distinct values"
            )
        _, columns = found.setdefault(text, (values, {name: [] for name in rest}))
        for name in rest:
            columns[name].append(point[name])
    return list(found.values())


def _is_static(config: Mapping[str, Any], key: str) -> bool:
    """Whether a key is there but no axis of one program; what is unknown is told by `bind_plan`."""
    if is_later(config, key):
        return False  # what is measured afterwards makes no other program of the training
    try:
        return axis_hint(config, key) is None
    except ArgumentError:
        return False


def is_later(config: Mapping[str, Any], key: str) -> bool:
    """Whether a key is of an evaluation of stored members."""
    node = config["evaluations"]
    known = after(config) if isinstance(node, Mapping) else ()
    return any(key.startswith(f"evaluations.{name}.") for name in known)


def _labelled(problem: str, labels: Mapping[str, str], static: Sequence[str]) -> str:
    """A problem with a value of an axis, at the place where the axis was written."""
    for key, label in labels.items():
        written = rf"(sweep\.{'|' if key in static else ''}){re.escape(key)}(?=[=:, ])"
        if re.match(written, problem):
            return re.sub(f"^{written}", label, problem)
    return problem
