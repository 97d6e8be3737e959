"""When a run is measured: the block in which updates are done, and the steps of each measure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from superpos.arguments import ArgumentError, Count, CountOrZero, check_value
from superpos.types import Evaluation, FitSpec, Measure, Training, Trigger

STEP = "step"
"""The dimension of what is measured after each `log_every`."""


class Schedule(NamedTuple):
    """How long a run is and when it is measured.

    Attributes:
        spec: its length.
        block: updates in a block.
        measures: name -> what is measured by a program of its own.
    """

    spec: FitSpec
    block: int
    measures: Mapping[str, Measure]

    @property
    def n_blocks(self) -> int:
        """Blocks in a run."""
        return self.spec.n_steps // self.block

    @property
    def n_logged(self) -> int:
        """Times that `log_every` updates are done."""
        return self.spec.n_steps // self.spec.log_every

    def dim(self, name: str) -> str:
        """The dimension along which results of a measure are stacked."""
        every = self.measures[name].every
        if isinstance(every, Trigger):
            return f"time_{name}"
        whole = every == self.spec.log_every and not self.measures[name].at_start
        return STEP if whole else f"{STEP}_{name}"

    def steps(self, name: str) -> list[int] | None:
        """The updates after which something is measured; None where a Trigger decides that."""
        every, n_steps = self.measures[name].every, self.spec.n_steps
        if isinstance(every, Trigger):
            return None
        starts = self.measures[name].at_start and n_steps > 0
        steps = list(range(0 if starts else every, n_steps + 1, every))
        ends = self.measures[name].at_end and n_steps and n_steps not in steps
        return [*steps, n_steps] if ends else steps

    def most(self, name: str) -> int:
        """How often something is measured at the most."""
        measure, steps = self.measures[name], self.steps(name)
        if steps is not None:
            return len(steps)
        assert isinstance(measure.every, Trigger)
        starts = bool(measure.at_start and self.spec.n_steps)
        return measure.every.most(self.spec.n_steps) + starts + bool(measure.at_end)

    def check_most(self, name: str, count: int) -> None:
        """Refuse a Trigger that is due more often than it says.

        Raises:
            ArgumentError: one line.
        """
        if count > self.most(name):
            raise ArgumentError(
                f"evaluations.{name}: due {count} times, expected at most the {self.most(name)}"
                " in a run that its trigger says"
            )

    def is_due(self, name: str, step: int) -> bool:
        """Whether something is measured at a step whatever a Trigger says."""
        measure = self.measures[name]
        if step == 0:
            return measure.at_start
        due = not isinstance(measure.every, Trigger) and step % measure.every == 0
        return due or (measure.at_end and step == self.spec.n_steps)

    def coordinates(self) -> dict[str, list[int]]:
        """Dimension -> the steps along it, for all that is measured at steps known beforehand."""
        log_every, n_steps = self.spec.log_every, self.spec.n_steps
        found = {STEP: list(range(log_every, n_steps + 1, log_every))}
        for name in self.measures:
            steps = self.steps(name)
            if steps is not None and self.dim(name) != STEP:
                found[self.dim(name)] = steps
        return found


def schedule_of(run: Training) -> Schedule:
    """When a run is measured."""
    return Schedule(run.spec, run.block or run.spec.log_every, run.measures)


def due_for(
    trigger: Trigger, step: int, blocks: Sequence[Mapping[str, np.ndarray]], block: int
) -> np.ndarray:
    """For which members of a chunk something is due, bool (n_seeds, n_points).

    Args:
        trigger: what decides.
        step: updates done.
        blocks: what was measured after each block so far, each (n_seeds, n_points, ...).
        block: updates in a block. The trigger sees means over its own, which are as long or longer,
            so that it does not depend on what else is measured.
    """
    n_members = blocks[-1]["train_loss"].shape
    if step % trigger.block:
        return np.zeros(n_members, bool)
    so_far = {
        name: means_of(np.stack([each[name] for each in blocks]), trigger.block // block)
        for name in blocks[-1]
    }
    due = [
        trigger.due(step, {name: values[:, *member] for name, values in so_far.items()})
        for member in np.ndindex(n_members)
    ]
    return np.reshape(due, n_members)


def means_of(values: Any, n_each: int, axis: int = 0) -> Any:
    """Means of each several of what was measured after blocks; the same where that is one."""
    if n_each == 1:
        return values
    lead, rest = values.shape[:axis], values.shape[axis + 1 :]
    return values.reshape(*lead, -1, n_each, *rest).mean(axis=axis + 1, dtype=values.dtype)


def every_of(evaluation: Evaluation, spec: FitSpec) -> int | Trigger:
    """When something is measured: at the end alone, or after each log_every, unless it says so."""
    if evaluation.every is not None:
        return evaluation.every
    return spec.n_steps if evaluation.at_end and spec.n_steps else spec.log_every


def block_of(spec: FitSpec, evaluations: Mapping[str, Evaluation]) -> int:
    """Updates in a block: the greatest common divisor of all times at which something is measured.

    Args:
        spec: length of a run.
        evaluations: by name.

    Returns:
        A divisor of spec.log_every.

    Raises:
        ArgumentError: an evaluation would never be due, or not after whole draws; one line.
    """
    blocks = [spec.log_every]
    for name, evaluation in evaluations.items():
        every = evaluation.every
        if every is None or evaluation.after:
            continue
        block = every.block if isinstance(every, Trigger) else every
        check_value(f"evaluations.{name}.every", block, Count)
        if isinstance(every, Trigger):
            check_value(f"evaluations.{name}.most", every.most(spec.n_steps), CountOrZero)
        if block % spec.updates_per_draw:
            raise ArgumentError(
                f"evaluations.{name}.every={block}: expected a multiple of"
                f" updates_per_draw={spec.updates_per_draw}"
            )
        if block > spec.n_steps > 0 and not evaluation.at_end:
            raise ArgumentError(
                f"evaluations.{name}.every={block}: expected at most n_steps={spec.n_steps}, or"
                " at_end"
            )
        blocks.append(block)
    return math.gcd(*blocks)
