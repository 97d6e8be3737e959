"""Effective compute by the loss of a run, or months of its calendar, whichever comes first."""

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import numpy as np

from superpos.arguments import ArgumentError, Count, Interval, factory
from superpos.triggers.law import LossLaw
from superpos.triggers.observe import State, begin, observe
from superpos.triggers.policy import EvalDone, Obs, Policy
from superpos.types import Trigger

Factor = Annotated[float, Interval("(1, inf)")]
Amount = Annotated[float, Interval("(0, inf)")]
AmountOrZero = Annotated[float, Interval("[0, inf)")]
Days = Annotated[float, Interval("[0, 1000]")]
Deviations = Annotated[float, Interval("[0, 100]")]
Months = Annotated[int, Interval("[1, 1200]")]

BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
"""The day on which the calendar of a run begins."""
MOST_DAYS = 300_000
LEAST_DAYS = 28
"""Of a month."""
MOST_KEPT = 2**16
"""States that are kept, one for each run that is under way or more."""


@factory
def effective_compute(
    *,
    irreducible: AmountOrZero,
    scale: Amount,
    exponent: Amount,
    most_compute: Amount,
    anchor_compute: Amount,
    every: Count,
    factor: Factor = 4.0,
    months: Months = 3,
    days_per_step: Days = 0.0,
    reset: Literal["both", "independent"] = "both",
    loss_se: AmountOrZero = 0.0,
    z: Deviations = 1.645,
) -> Trigger:
    """Due as `superpos.triggers.observe` says: at each factor of effective compute, or in time.

    Effective compute is read off the training loss, the mean over the updates between two looks,
    by the law of a baseline: of fresh examples, it is a test loss. The first look is due; `at_end`
    of the evaluation adds the last update. A decision follows from what the run has measured,
    which is in its checkpoint, so that a run that was interrupted owes what it would have owed.
    For that its calendar is that of its updates, not of the wall.

    Args:
        irreducible: loss of the baseline that no compute removes, >= 0.
        scale: compute at which the baseline has that loss and 1 more, > 0.
        exponent: the loss of the baseline is irreducible + (scale / compute)^exponent; > 0.
        most_compute: the largest compute that is read off a loss, > 0.
        anchor_compute: compute that was evaluated before, or a floor, > 0.
        every: updates between two looks, >= 1.
        factor: of effective compute between two evaluations, in (1, inf).
        months: of the calendar between two evaluations, in [1, 1200].
        days_per_step: that an update takes in the calendar, which begins on 1 January, in
            [0, 1000]; 0 stops it.
        reset: whether an evaluation starts both clocks anew, or that by which it was due.
        loss_se: standard error of the loss at a look, >= 0.
        z: standard errors by which effective compute is overestimated, in [0, 100].

    Returns:
        A Trigger that reads train_loss.

    Raises:
        ArgumentError: a value is out of range, or a run is longer than 300,000 days.
    """
    law = LossLaw(irreducible=irreducible, scale=scale, exponent=exponent, most=most_compute)
    policy = Policy(factor=factor, months=months, reset=reset, z=z, law=law)
    start = begin(policy, anchor_compute=anchor_compute)
    kept: dict[bytes, State] = {}

    def look(state: State, number: int, loss: float) -> tuple[State, bool]:
        """The state after a look, and whether it was due; then it is evaluated at once."""
        t = BEGIN + timedelta(days=number * every * days_per_step)
        seen = Obs(t, loss=loss, loss_se=loss_se) if math.isfinite(loss) else Obs(t)
        state, decision = observe(state, seen)
        return (observe(state, EvalDone(t))[0] if decision.due else state), decision.due

    def due(step: int, measured: Mapping[str, Any]) -> bool:
        del step
        losses = np.asarray(measured["train_loss"], float)
        state = kept.get(_digest(losses[:-1]), start)
        known = len(losses) - 1 if state is not start else 0
        is_due = False
        for number, loss in enumerate(losses[known:].tolist(), known + 1):
            state, is_due = look(state, number, loss)
        kept[_digest(losses)] = state
        while len(kept) > MOST_KEPT:
            kept.pop(next(iter(kept)), None)
        return is_due

    def most(n_steps: int) -> int:
        days = n_steps * days_per_step
        if days > MOST_DAYS:
            raise ArgumentError(
                f"days_per_step={days_per_step}: expected at most {MOST_DAYS:,} days in"
                f" {n_steps:,} updates"
            )
        by_compute = math.log(max(most_compute / anchor_compute, 1.0), factor) + 1e-9
        by_calendar = days / (LEAST_DAYS * months)
        return min(n_steps // every, 1 + math.floor(by_compute) + math.floor(by_calendar))

    return Trigger(due, most, every)


def _digest(losses: np.ndarray) -> bytes:
    return hashlib.blake2b(losses.tobytes(), digest_size=16).digest()
