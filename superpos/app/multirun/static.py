"""A variant with static axes, trained as a multirun of its own, a program for each combination."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from superpos.app.config.sweep_plan import SweepPlan, make_plan
from superpos.app.config.variant import Variant
from superpos.app.multirun import manifest
from superpos.app.multirun.groups import Group, grouped, job_sweeps_of
from superpos.app.multirun.training import Part, train, with_held
from superpos.app.sweeping import check_store
from superpos.engine.assets import PREFIX
from superpos.store import files, multirun
from superpos.store.reading import read_header
from superpos.train import StoreError, TrainError


def check_held(config: Mapping[str, Any], name: str, variant: Variant, folder: Path) -> None:
    """Refuse the folder of a variant that holds something else, before any variant is trained.

    Args:
        config: of the run.
        name: of the variant.
        variant: what it is to train.
        folder: that keeps it.

    Raises:
        StoreError: it holds another sweep, or is damaged; one line.
    """
    other = folder / ("sweep.json" if variant.static else multirun.FILE)
    if other.exists():
        what = "no static axes" if variant.static else "static axes"
        raise StoreError(f"{folder}: holds a sweep with {what}; choose another folder")
    variant = dataclasses.replace(variant, plans=[_as_held(plan, folder) for plan in variant.plans])
    if variant.static:
        manifest.together(folder, _groups(name, variant, folder), [config], ())
    else:
        [plan] = variant.plans
        check_store(plan, folder)


def _as_held(plan: SweepPlan, folder: Path) -> SweepPlan:
    """A plan with those assets that are still to be made taken for those of the folder.

    Evaluations of stored members are left out where they have others, which are not known yet.
    """
    planned = {name: each for name, each in plan.assets.items() if each.make is not None}
    if not planned:
        return plan
    header, together = read_header(folder), multirun.read(folder)
    held = header["spec"] if header else together[1] if together else {}
    known = {name: held.get(f"{PREFIX}{name}") for name in planned}
    assets = {
        name: dataclasses.replace(each, digest=known[name] or each.digest)
        for name, each in planned.items()
    }
    found = make_plan(
        plan.config, plan.axes, plan.zipped, plan.fit, {**plan.assets, **assets}, plan.over
    )
    return found if all(known.values()) else dataclasses.replace(found, over={})


def _groups(name: str, variant: Variant, folder: Path) -> list[Group]:
    """The programs of a variant, each with the members that the folder has of it."""
    return [with_held(each, folder) for each in grouped(job_sweeps_of(0, {name: variant}), ())]


def train_static(
    config: Mapping[str, Any], name: str, variant: Variant, folder: Path, console: Console
) -> tuple[Any, int]:
    """Train what is missing of a variant.

    Args:
        config: of the run.
        name: of the variant.
        variant: with static axes.
        folder: that keeps it, as that of a multirun.
        console: where progress is shown.

    Returns:
        The Dataset of the members asked for, and how many of them were new.

    Raises:
        StoreError: the folder cannot be used, or holds other members.
        TrainError: some cannot be trained, a line for each reason; the others are kept.
    """
    parts: list[Part] = []
    with files.locked(folder):
        groups = _groups(name, variant, folder)
        manifest.update(folder, groups, [config], ())
        for number, group in enumerate(groups, 1):
            [(job_sweep, numbers)] = group.job_sweeps
            values = ", ".join(f"{k}={job_sweep.plan.spec[k]}" for k in variant.static)
            console.print(f"program {number} of {len(groups)}: {values}", soft_wrap=True)
            parts.append(Part(job_sweep, numbers, group.name, train(group, folder, {}, console)))
    if failed := [part.trained for part in parts if isinstance(part.trained, str)]:
        raise TrainError("\n".join(dict.fromkeys(failed)))
    n_new = sum(part.trained.n_new for part in parts if not isinstance(part.trained, str))
    return manifest.dataset_of(parts, config), n_new
