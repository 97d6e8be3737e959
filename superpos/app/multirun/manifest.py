"""What a multirun folder says of its members: what tells them apart, and where they are."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from superpos.app.config.sweep_plan import ConfigError, flat_spec
from superpos.app.config.variant import Variant
from superpos.app.multirun.groups import SHARED, Group, JobSweep, spread
from superpos.app.multirun.training import Part
from superpos.app.sweeping import root_key
from superpos.arguments import ArgumentError
from superpos.engine.assets import identified
from superpos.engine.sweep import with_root_key
from superpos.store import multirun
from superpos.store.differences import refuse_difference
from superpos.store.grid import SEED, make_grid
from superpos.store.labels import check_labels
from superpos.train import StoreError

VARIANT = "variant"


def update(
    folder: Path,
    groups: Sequence[Group],
    configs: Sequence[Mapping[str, Any]],
    swept: Sequence[str],
) -> None:
    """Add the members of a batch to the folder, before they are trained.

    Args:
        folder: of the multirun, held by this process.
        groups: all members of the batch.
        configs: one a job.
        swept: keys that the multirun varies; where empty, overridden keys that differ.

    Raises:
        StoreError: as of `together`, or the folder cannot be written to.
        ConfigError: as of `together`.
    """
    members, base = whole = together(folder, groups, configs, swept)
    if multirun.read(folder) != whole:
        multirun.write(folder, members, base)


def together(
    folder: Path,
    groups: Sequence[Group],
    configs: Sequence[Mapping[str, Any]],
    swept: Sequence[str],
) -> tuple[multirun.Members, dict[str, Any]]:
    """The members that a folder holds and those of a batch, and the config that all share.

    Args:
        folder: of the multirun.
        groups: all members of the batch.
        configs: one a job.
        swept: keys that the multirun varies; where empty, overridden keys that differ.

    Raises:
        StoreError: the folder holds another multirun; one line that names the first difference.
        ConfigError: two labels of a key are one number to a program.
    """
    job_sweeps = [job_sweep for group in groups for job_sweep, _ in group.job_sweeps]
    keys = _keys(job_sweeps, configs, swept)
    zipped = _zipped(job_sweeps)
    base = _base(job_sweeps, keys)
    multirun.refuse_old(folder)
    held = multirun.read(folder)
    rows = [] if held is None else _rows(held[0])
    if held is not None:
        _refuse_other(folder, held, keys, base)
        keys = held[0].keys
        zipped = [group for group in zipped if group in held[0].zipped]
        base = {key: value for key, value in base.items() if key in held[1]}
    rows += [row for group in groups for row in _members(group, keys, configs)]
    distinct = list(dict.fromkeys(rows))
    columns = list(zip(*distinct, strict=True))
    values = dict(zip(keys, map(list, columns[2:]), strict=True))
    _check_labels(values)
    ids, names = map(list, columns[:2])
    return multirun.Members(tuple(keys), values, ids, names, tuple(zipped)), base


def dataset_of(parts: Sequence[Part], config: Mapping[str, Any]) -> Any:
    """The members of one variant of one job as a Dataset, whatever else the multirun holds.

    Args:
        parts: all job_sweeps of the variant, each of them trained.
        config: of the job.
    """
    whole = parts[0].job_sweep.whole
    keys = _inner(whole)
    columns = [_columns(part.job_sweep, config, keys) for part in parts]
    values = {
        key: [value for each in columns for value in each[number]]
        for number, key in enumerate(keys)
    }
    trained = [part.trained for part in parts if not isinstance(part.trained, str)]
    found = [each.ids[part.numbers] for part, each in zip(parts, trained, strict=True)]
    members = multirun.Members(
        keys=tuple(keys),
        values=values,
        ids=np.concatenate(found).astype(str).tolist(),
        groups=[part.group for part in parts for _ in part.numbers],
        zipped=_zipped([parts[0].job_sweep]),
    )
    sweeps = {part.group: each.sweep for part, each in zip(parts, trained, strict=True)}
    return multirun.dataset_of(members, _base([part.job_sweep for part in parts], keys), sweeps)


def _check_labels(values: Mapping[str, Sequence[Any]]) -> None:
    """Refuse different labels that are one number to a program; whole ones are told apart."""
    for key, column in values.items():
        labels = np.asarray([each for each in column if isinstance(each, float)], np.float64)
        try:
            check_labels(key, labels)
        except ArgumentError as error:
            raise ConfigError([str(error)]) from None


def _rows(members: multirun.Members) -> list[tuple[Any, ...]]:
    columns = (members.ids, members.groups, *(members.values[key] for key in members.keys))
    return list(zip(*columns, strict=True))


def _members(
    group: Group, keys: Sequence[str], configs: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Any, ...]]:
    """Id, group and values of each member of each job_sweep."""
    work = group.plan
    spec = with_root_key(work.spec, root_key(group.config))
    ids = make_grid(work.axes, work.zipped).member_ids(spec).astype(str).tolist()
    for job_sweep, numbers in group.job_sweeps:
        columns = _columns(job_sweep, configs[job_sweep.number], keys)
        for number, *values in zip(numbers, *columns, strict=True):
            yield (ids[number], group.name, *values)


def _columns(
    job_sweep: JobSweep, config: Mapping[str, Any], keys: Sequence[str]
) -> list[list[Any]]:
    """For each key its value in every member of the sweep of a job."""
    grid = make_grid(job_sweep.plan.axes, job_sweep.plan.zipped)
    varying = spread(grid, job_sweep.plan.axes)
    return [varying.get(key) or [_value(job_sweep, config, key)] * grid.n_members for key in keys]


def _value(job_sweep: JobSweep, config: Mapping[str, Any], key: str) -> Any:
    """What a job has at a key: a number or text; the name of what is chosen for a whole node."""
    if key == VARIANT:
        return job_sweep.variant
    node: Any = job_sweep.plan.config
    for part in key.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    if isinstance(node, Mapping) or node is None:
        return _overrides(config).get(key)
    return str(node) if isinstance(node, list) else node


def _overrides(config: Mapping[str, Any]) -> dict[str, str]:
    """Key -> text for each override of a job."""
    split = (override.lstrip("+~").partition("=") for override in config["overrides"])
    return {key: text for key, _, text in split}


def _keys(
    job_sweeps: Sequence[JobSweep], configs: Sequence[Mapping[str, Any]], swept: Sequence[str]
) -> list[str]:
    """Keys that tell members apart: of the multirun, of sweeps inside the jobs, and the variant."""
    texts = [_overrides(config) for config in configs]
    differ = [key for key in texts[0] if any(other.get(key) != texts[0][key] for other in texts)]
    inner = [key for job_sweep in job_sweeps for key in _inner(job_sweep.whole)]
    variants = [VARIANT] if len({job_sweep.variant for job_sweep in job_sweeps}) > 1 else []
    return list(dict.fromkeys([*(swept or differ), *inner, *variants]))


def _inner(whole: Variant) -> list[str]:
    """The axes of a variant; where a single program could hold them, without a single seed."""
    return [k for k, v in whole.axes.items() if k != SEED or len(v) > 1 or whole.static]


def _zipped(job_sweeps: Sequence[JobSweep]) -> list[tuple[str, ...]]:
    """Groups of axes that vary together in all sweeps of jobs."""
    each = [
        [tuple(group) for group in job_sweep.whole.zipped if len(group) > 1]
        for job_sweep in job_sweeps
    ]
    return [group for group in each[0] if all(group in other for other in each)]


def _base(job_sweeps: Sequence[JobSweep], keys: Sequence[str]) -> dict[str, Any]:
    """What all members have in common, dotted key -> value."""
    specs = [
        {
            **identified(flat_spec(job_sweep.plan.config), job_sweep.plan.trained_with),
            SEED: job_sweep.plan.config["seed"],
            **{f"engine.{name}": job_sweep.plan.config["engine"][name] for name in SHARED},
        }
        for job_sweep in job_sweeps
    ]
    return {
        key: value
        for key, value in specs[0].items()
        if key not in keys and all(key in spec and spec[key] == value for spec in specs)
    }


def _refuse_other(
    folder: Path,
    held: tuple[multirun.Members, Mapping[str, Any]],
    keys: Sequence[str],
    base: Mapping[str, Any],
) -> None:
    """The same multirun, or one with other values of the same keys, may go on; nothing else."""
    if {*held[0].keys} != {*keys}:
        old, new = (", ".join(names) or "none" for names in (held[0].keys, keys))
        raise StoreError(
            f"{folder}: holds a multirun over {old}, asked for {new}; choose another folder"
        )
    shared = held[1].keys() & base.keys()
    sides = ({key: side[key] for key in shared} for side in (held[1], base))
    refuse_difference(folder, "a multirun with", *sides)
