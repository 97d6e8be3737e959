"""What a schedule of evaluations promises, and what is said to it and by it."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from superpos.triggers.law import LossLaw

RESETS = ("both", "independent")
EVENTS = ("check", "start", "end")


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Evaluate at every factor of effective compute and every few months, whichever comes first.

    Source: Anthropic's Responsible Scaling Policy 1.0 (19 September 2023), "Evaluation Protocol":
    "after every 4x jump in effective compute" and "every 3 months". Its text names two clocks;
    `reset` says whether an evaluation starts both anew.

    Attributes:
        factor: of effective compute between two evaluations, in (1, inf).
        months: of the calendar between two evaluations, an integer >= 1.
        reset: "both": each evaluation moves both anchors. "independent": it moves the anchor of
            each clock that it was due by; one at a start or an end moves both.
        buffer: overshoot that evaluations are built for, in (1, inf): what is more is a breach.
        z: standard errors by which effective compute is overestimated, >= 0.
        grace_days: that an evaluation may begin after the months are over, >= 0: the time between
            two looks.
        law: the loss of the baseline over compute; None takes FLOPs for effective compute, which
            is true only of runs without improvements.

    Raises:
        ValueError: a value is out of range; one line.
    """

    factor: float = 4.0
    months: int = 3
    reset: Literal["both", "independent"] = "both"
    buffer: float = 6.0
    z: float = 1.645
    grace_days: float = 1.0
    law: LossLaw | None = None

    def __post_init__(self) -> None:
        for name, low in (("factor", 1.0), ("buffer", 1.0)):
            value = getattr(self, name)
            if not low < value < math.inf:
                raise ValueError(f"{name}={value}: expected a number in (1, inf)")
        for name in ("z", "grace_days"):
            value = getattr(self, name)
            if not 0 <= value < 1e4:
                raise ValueError(f"{name}={value}: expected a number in [0, 10000)")
        if type(self.months) is not int or not 1 <= self.months <= 1200:
            raise ValueError(f"months={self.months!r}: expected an integer in [1, 1200]")
        if self.reset not in RESETS:
            raise ValueError(f"reset={self.reset!r}: expected one of {', '.join(RESETS)}")


RSP_V1 = Policy(factor=4.0, months=3)
"""Responsible Scaling Policy 1.0: 4x in effective compute, or 3 months."""
RSP_V2 = Policy(factor=4.0, months=6)
"""Later versions: 4x, or six months of finetuning and other elicitation; as quoted in the system
card of Claude Sonnet 4.5."""
PRESETS = {"rsp_v1": RSP_V1, "rsp_v2": RSP_V2}
"""Name in a log -> policy, without a law."""


class Obs(NamedTuple):
    """A look at a model.

    Attributes:
        t: when, with a time zone.
        loss: on a test set; None where it was not measured, which a law needs with `flops`.
        loss_se: standard error of the loss, >= 0.
        flops: spent on training and finetuning since the first model of the lineage, >= 0, what
            was rolled back included, so that it never falls; None where nothing was trained.
        event: "check"; or "start" or "end" of a run (deployment), which owe an evaluation. The
            first look at a model without a parent is a start.
    """

    t: datetime
    loss: float | None = None
    loss_se: float = 0.0
    flops: float | None = None
    event: Literal["check", "start", "end"] = "check"


class EvalBegun(NamedTuple):
    """An evaluation begins, of the model as it is at t; training may go on meanwhile."""

    t: datetime


class EvalDone(NamedTuple):
    """An evaluation is complete: that which has begun, or one of the model as it is at t."""

    t: datetime


Event = Obs | EvalBegun | EvalDone


class Decision(NamedTuple):
    """What follows from an event. Overshoot and what counts with it are over the anchor before it.

    Compute is an upper bound where the loss is noisy, and the anchor an estimate.

    Attributes:
        due: whether an evaluation is to begin now; it stays so until one does.
        reasons: of "start", "end", "compute" and "calendar", what it is owed for.
        compute: effective compute, the largest so far.
        overshoot: compute over that of the last evaluation.
        missed: evaluations between that and now which a jump has passed over.
        buffer_breached: whether overshoot is more than the buffer.
        extrapolated: whether compute is more than the law was fitted to.
    """

    due: bool
    reasons: tuple[str, ...]
    compute: float
    overshoot: float
    missed: int
    buffer_breached: bool
    extrapolated: bool
