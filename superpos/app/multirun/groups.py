"""Jobs that differ only in numbers a program can take as inputs, put together."""

import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from superpos.app.config.sweep_plan import SweepPlan, flat_spec, make_plan, spec_after
from superpos.app.config.variant import Variant
from superpos.app.config.varying import is_scalar
from superpos.engine.assets import identified
from superpos.store.grid import SEED, Grid, canonical, make_grid
from superpos.store.labels import as_inputs

SHARED = ("kernel", "rng", "matmul_precision", "x64", "check_fragile")
"""Settings of the engine that members of one program have in common."""

Row = tuple[float, ...]


class JobSweep(NamedTuple):
    """One sweep of one job: one for each combination of the static values of each variant.

    Attributes:
        number: of the job.
        variant: its name.
        whole: all that this variant of the job trains.
        plan: what is trained here.
    """

    number: int
    variant: str
    whole: Variant
    plan: SweepPlan


@dataclass(frozen=True)
class Group:
    """Sweeps of jobs that one compiled program can train.

    Attributes:
        name: hash of all that its members share, as the name of a folder.
        config: the config of one of them.
        names: keys that vary, the seed last.
        rows: values of the keys as they were written, a tuple per member, without repetition of
            what a program is given.
        job_sweeps: the job_sweeps, each with the numbers of its members among the rows.
    """

    name: str
    config: Mapping[str, Any]
    names: tuple[str, ...]
    rows: list[Row]
    job_sweeps: list[tuple[JobSweep, list[int]]]

    @property
    def n_members(self) -> int:
        """Members of the group."""
        return len(self.rows)

    @functools.cached_property
    def plan(self) -> SweepPlan:
        """All members of the group as one sweep."""
        return self._merged(self.job_sweeps[0][0].plan)

    @property
    def measuring(self) -> list[SweepPlan]:
        """The same members, once for each set of evaluations of stored members."""
        found = {}
        for job_sweep, _ in self.job_sweeps:
            for name in job_sweep.plan.over:
                found.setdefault(name, self._merged(job_sweep.plan))
        return list({id(job): job for job in found.values()}.values())

    def contradictions(self) -> Iterator[str]:
        """Evaluations of stored members that jobs with the same models set in different ways."""
        found: dict[str, dict[str, Any]] = {}
        for job_sweep, _ in self.job_sweeps:
            for name, axes in job_sweep.plan.over.items():
                now = {**spec_after(job_sweep.plan.config, name), **axes}
                held = found.setdefault(name, now)
                differ = [key for key in {**held, **now} if held.get(key) != now.get(key)]
                if differ:
                    yield (
                        f"{differ[0]}={now.get(differ[0])}: other jobs measure the same models with"
                        f" {held.get(differ[0])}; expected it in sweep.{differ[0]}"
                    )

    def _merged(self, of: SweepPlan) -> SweepPlan:
        """All members of the group, with what is measured of them by one of its jobs."""
        columns = zip(*self.rows, strict=True)
        axes = {name: list(column) for name, column in zip(self.names, columns, strict=True)}
        zipped = [list(self.names)] if len(self.names) > 1 else []
        return make_plan(of.config, axes, zipped, of.fit, of.assets, of.over)


def job_sweeps_of(number: int, variants: Mapping[str, Variant]) -> list[JobSweep]:
    """All sweeps of a job."""
    return [
        JobSweep(number, name, whole, sweep)
        for name, whole in variants.items()
        for sweep in whole.plans
    ]


def grouped(job_sweeps: Sequence[JobSweep], swept: Iterable[str]) -> list[Group]:
    """Put job_sweeps together by their static part.

    Args:
        job_sweeps: checked.
        swept: keys that the multirun varies, which are axes where a program allows that, so that
            it stays the same program whatever the values.

    Returns:
        The groups, in the order in which they first come.
    """
    is_input = _by_kinds(is_scalar)
    together: dict[str, list[tuple[JobSweep, dict[str, Any], set[str]]]] = {}
    for job_sweep in job_sweeps:
        plan = job_sweep.plan
        spec = identified(flat_spec(plan.config), plan.trained_with)
        inputs = {key for key in spec if key in plan.axes or is_input(plan.config, spec, key)}
        inputs |= {key for key in plan.axes if key != SEED}
        engine = {name: plan.config["engine"][name] for name in SHARED}
        static = {key: value for key, value in spec.items() if key not in inputs}
        text = json.dumps([canonical(static), sorted(inputs), engine], sort_keys=True)
        together.setdefault(text, []).append((job_sweep, spec, inputs))
    return [_group(text, members, {*swept}) for text, members in together.items()]


def _by_kinds(test: Callable[[Mapping[str, Any], str], bool]) -> Callable[..., bool]:
    """Ask a test about types once for all configs of the same components."""
    known: dict[Any, bool] = {}

    def ask(config: Mapping[str, Any], spec: Mapping[str, Any], key: str) -> bool:
        kinds = tuple(v for k, v in spec.items() if k.endswith(".kind"))
        about = (key, kinds, type(spec[key]))
        if about not in known:
            known[about] = test(config, key)
        return known[about]

    return ask


def _group(
    text: str, members: list[tuple[JobSweep, dict[str, Any], set[str]]], swept: set[str]
) -> Group:
    first, first_spec, inputs = members[0]
    varying = {k for k in inputs if any(spec.get(k) != first_spec.get(k) for _, spec, _ in members)}
    axes = {key for job_sweep, _, _ in members for key in job_sweep.plan.axes}
    names = (*sorted(inputs & (varying | axes | swept)), SEED)
    name = hashlib.sha256(json.dumps([text, names]).encode()).hexdigest()[:12]
    each = [rows_of(job_sweep.plan, spec, names) for job_sweep, spec, _ in members]
    rows = list(dict.fromkeys(row for some in each for row in some))
    written, numbers = numbered(names, rows)
    number_of = dict(zip(rows, numbers, strict=True))
    job_sweeps = [
        (job_sweep, [number_of[row] for row in some])
        for (job_sweep, _, _), some in zip(members, each, strict=True)
    ]
    return Group(name, first.plan.config, names, written, job_sweeps)


def numbered(names: Sequence[str], rows: Sequence[Row]) -> tuple[list[Row], list[int]]:
    """Rows told apart by what a program is given, each number as it was last written.

    Args:
        names: of the keys.
        rows: values of the keys, one or more.

    Returns:
        The distinct rows, and for each row its number among them.
    """
    columns = list(zip(*rows, strict=True))
    inputs = [
        as_inputs(*each).tolist() for each in zip(names, map(np.asarray, columns), strict=True)
    ]
    last = [dict(zip(*each, strict=True)) for each in zip(inputs, columns, strict=True)]
    given = list(zip(*inputs, strict=True))
    numbers = {row: number for number, row in enumerate(dict.fromkeys(given))}
    labels = [
        tuple(label[value] for label, value in zip(last, row, strict=True)) for row in numbers
    ]
    return labels, [numbers[row] for row in given]


def rows_of(plan: SweepPlan, spec: Mapping[str, Any], names: Sequence[str]) -> list[Row]:
    """Values of the keys for each member of a sweep, in its order, as they were written."""
    grid = make_grid(plan.axes, plan.zipped)
    varying = spread(grid, {name: values.tolist() for name, values in grid.axes.items()})
    columns = [varying.get(name) or [spec[name]] * grid.n_members for name in names]
    return list(zip(*columns, strict=True))


def spread(grid: Grid, axes: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """The value of each axis for every member of a grid, in its order."""
    index = np.indices(grid.shape).reshape(len(grid.shape), -1).tolist()
    return {
        name: [axes[name][position] for position in positions]
        for positions, names in zip(index, grid.dims.values(), strict=True)
        for name in names
    }
