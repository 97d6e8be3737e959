"""The rule: what is known of a model, and what an event makes of it. Pure; events have their time.

A live loop calls `observe` with what it sees, and `audit` folds the same function over a log, so
that both agree.
"""

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from superpos.triggers.moments import add_months, in_utc
from superpos.triggers.policy import EVENTS, Decision, EvalBegun, Event, Obs, Policy

ROUNDING = 1e-9
"""Of a logarithm that is a whole number."""


class Begun(NamedTuple):
    """An evaluation under way.

    Attributes:
        t: when it began, in UTC.
        estimate: of the effective compute of the model that it evaluates.
        reasons: for which it was owed then.
    """

    t: datetime
    estimate: float
    reasons: tuple[str, ...]


class State(NamedTuple):
    """All that the rule knows of a model; it belongs into the model's checkpoint.

    Attributes:
        policy: what is promised.
        lineage: names of the models that this one descends from, and at last its own.
        anchor_compute: effective compute of the last model that was evaluated, > 0: the estimate,
            not its upper bound, so that noise at an evaluation does not put off the next one.
        anchor_time: when that evaluation began, in UTC; None before the first event.
        compute: effective compute, the largest upper bound so far: it never falls.
        estimate: the largest estimate so far.
        flops: spent so far.
        t: of the last event, or before the first anchor_time.
        owed: of "start" and "end", those without an evaluation.
        begun: the evaluation under way.
        extrapolated: whether compute is more than the law was fitted to.
    """

    policy: Policy
    lineage: tuple[str, ...]
    anchor_compute: float
    anchor_time: datetime | None = None
    compute: float = 0.0
    estimate: float = 0.0
    flops: float = 0.0
    t: datetime | None = None
    owed: tuple[str, ...] = ("start",)
    begun: Begun | None = None
    extrapolated: bool = False


def begin(
    policy: Policy,
    *,
    anchor_compute: float,
    anchor_time: datetime | None = None,
    model: str = "main",
) -> State:
    """The state of a model that nothing is known of.

    Args:
        policy: what is promised.
        anchor_compute: effective compute that was evaluated before, as of the generation before,
            or a floor below which no factor of compute asks for an evaluation; in (0, inf). From
            0 every compute would be infinitely more.
        anchor_time: when that was; None is the first event.
        model: its name.

    Raises:
        ValueError: anchor_compute is out of range, or anchor_time has no zone; one line.
    """
    if not 0 < anchor_compute < math.inf:
        raise ValueError(f"anchor_compute={anchor_compute}: expected a number in (0, inf)")
    time = None if anchor_time is None else in_utc(anchor_time)
    return State(policy, (model,), float(anchor_compute), time, t=time)


def fork(state: State, model: str) -> State:
    """The state of a model that is made of another one, as by finetuning: it has its anchors.

    An evaluation of the parent that is under way is not one of the fork, nor is its end.
    """
    owed = tuple(reason for reason in state.owed if reason != "end")
    return state._replace(lineage=(*state.lineage, model), owed=owed, begun=None)


def observe(state: State, event: Event) -> tuple[State, Decision]:
    """Take an event in.

    Looks at one moment may come in any order, and twice.

    Args:
        state: of the model.
        event: what happened to it.

    Returns:
        The state after it, and what follows.

    Raises:
        ValueError: time or FLOPs go back, a number is out of range, a law without a loss, FLOPs
            missing beside a loss without a law, or an evaluation begins while another one is
            under way; one line.
    """
    t = in_utc(event.t)
    if state.t is not None and t < state.t:
        raise ValueError(f"t={t.isoformat()}: expected {state.t.isoformat()} or later")
    if isinstance(event, Obs):
        state = _seen(state, event, t)
        return state, _decision(state, state)
    if isinstance(event, EvalBegun):
        begun, before = _begun(state, t), state.begun
        if before is not None and before != begun:
            since = before.t.isoformat()
            raise ValueError(f"an evaluation is under way since {since}, expected its end first")
        state = state._replace(t=t, begun=begun)
        return state, _decision(state, state)
    after = _evaluated(state, t)
    return after, _decision(state, after)


def reasons(state: State, t: datetime) -> tuple[str, ...]:
    """For what an evaluation is owed at a moment."""
    policy, found = state.policy, list(state.owed)
    if state.compute >= policy.factor * state.anchor_compute:
        found.append("compute")
    if state.anchor_time is not None and t >= add_months(state.anchor_time, policy.months):
        found.append("calendar")
    return tuple(found)


def latest(state: State) -> datetime | None:
    """Until when the next evaluation has to begin by the calendar, with the days of grace."""
    since = state.begun.t if state.begun else state.anchor_time
    grace = timedelta(days=state.policy.grace_days)
    return None if since is None else add_months(since, state.policy.months) + grace


def _seen(state: State, obs: Obs, t: datetime) -> State:
    """The state after a look."""
    _check(state, obs, t)
    law, compute, estimate, extrapolated = state.policy.law, 0.0, 0.0, False
    if law is not None and obs.loss is not None:
        compute, extrapolated = law.compute(obs.loss, obs.loss_se, state.policy.z)
        estimate, _ = law.compute(obs.loss)
    elif law is None and obs.flops is not None:
        compute = estimate = float(obs.flops)
    owed = {*state.owed, *({obs.event} - {"check"})}
    return state._replace(
        t=t,
        anchor_time=state.anchor_time or t,
        compute=max(state.compute, compute),
        estimate=max(state.estimate, estimate),
        flops=max(state.flops, obs.flops or 0.0),
        owed=tuple(sorted(owed, reverse=True)),
        extrapolated=state.extrapolated or extrapolated,
    )


def _check(state: State, obs: Obs, t: datetime) -> None:
    """Refuse a look that cannot be.

    Raises:
        ValueError: one line.
    """
    for name, value, low in (
        ("loss", obs.loss, -math.inf),
        ("loss_se", obs.loss_se, 0.0),
        ("flops", obs.flops, 0.0),
    ):
        if value is not None and not (math.isfinite(value) and value >= low):
            span = "[0, inf)" if low == 0 else "(-inf, inf)"
            raise ValueError(f"{name}={value}: expected a number in {span}")
    if obs.event not in EVENTS:
        raise ValueError(f"event={obs.event!r}: expected one of {', '.join(EVENTS)}")
    flops, law = obs.flops, state.policy.law
    if flops is not None and law is not None and obs.loss is None:
        raise ValueError("loss: missing, expected beside flops, as effective compute is by a law")
    if obs.loss is not None and law is None and flops is None:
        raise ValueError("flops: missing, expected beside loss, as the policy has no law")
    if flops is not None and flops < state.flops and state.t is not None and t > state.t:
        raise ValueError(
            f"flops={flops:g}: expected at least the {state.flops:g} before it, of training"
            " and finetuning in the whole lineage"
        )


def _begun(state: State, t: datetime) -> Begun:
    return Begun(t, state.estimate, reasons(state, t))


def _evaluated(state: State, t: datetime) -> State:
    """The state after an evaluation, with the anchors where it began."""
    begun = state.begun or _begun(state, t)
    both = state.policy.reset == "both" or {"start", "end"} & {*begun.reasons}
    compute, time = state.anchor_compute, state.anchor_time
    if both or "compute" in begun.reasons:
        compute = max(compute, begun.estimate)
    if both or "calendar" in begun.reasons:
        time = begun.t
    owed = tuple(reason for reason in state.owed if reason not in begun.reasons)
    return state._replace(t=t, anchor_compute=compute, anchor_time=time, owed=owed, begun=None)


def _decision(before: State, after: State) -> Decision:
    """What follows: the overshoot over the anchor before, and what is owed after."""
    policy, overshoot = before.policy, before.compute / before.anchor_compute
    passed = 0
    if overshoot > 1:  # which may be infinite
        grown = math.log(before.compute) - math.log(before.anchor_compute)
        passed = math.floor(grown / math.log(policy.factor) + ROUNDING)
    assert after.t is not None
    owed = reasons(after, after.t)
    return Decision(
        due=bool(owed) and after.begun is None,
        reasons=owed,
        compute=after.compute,
        overshoot=overshoot,
        missed=max(0, passed - 1),
        buffer_breached=overshoot > policy.buffer,
        extrapolated=after.extrapolated,
    )
