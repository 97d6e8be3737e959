"""The rule of a schedule: worked examples by hand, and properties for any path."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos.triggers import (
    RSP_V1,
    RSP_V2,
    EvalBegun,
    EvalDone,
    LossLaw,
    Obs,
    Policy,
    State,
    add_months,
    begin,
    decode,
    encode,
    fork,
    observe,
)

T0 = datetime(2023, 1, 31, 12, tzinfo=UTC)
LAW = LossLaw(irreducible=1.0, scale=8.0, exponent=0.5, most=1e6, fitted_to=1e4)


def at(days: float) -> datetime:
    return T0 + timedelta(days=days)


def evaluated(policy: Policy = RSP_V1, compute: float = 1.0) -> State:
    """A model that was evaluated at T0, with that compute."""
    state = begin(policy, anchor_compute=compute)
    state, first = observe(state, Obs(T0, flops=compute))
    assert first.due and first.reasons == ("start",)
    return observe(state, EvalDone(T0))[0]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2022-11-30", 3, "2023-02-28"),
        ("2023-11-30", 3, "2024-02-29"),
        ("2023-01-31", 3, "2023-04-30"),
        ("2023-10-15", 3, "2024-01-15"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2023-05-31", 0, "2023-05-31"),
    ],
)
def test_months_are_those_of_the_calendar(day: str, months: int, expected: str) -> None:
    t = datetime.fromisoformat(f"{day}T23:59:59Z")
    assert add_months(t, months) == datetime.fromisoformat(f"{expected}T23:59:59Z")


def test_months_are_counted_in_utc() -> None:
    t = datetime.fromisoformat("2023-12-01T01:00:00+02:00")  # 30 November, 23:00
    assert add_months(t, 3) == datetime.fromisoformat("2024-02-29T23:00:00Z")


def test_a_policy_by_hand() -> None:
    state = evaluated()
    state, decision = observe(state, Obs(at(1), flops=3.99))
    assert not decision.due and decision.overshoot == 3.99
    state, decision = observe(state, Obs(at(2), flops=4.0))
    assert decision.due and decision.reasons == ("compute",) and decision.missed == 0
    state, decision = observe(state, EvalBegun(at(3)))
    assert not decision.due and decision.reasons == ("compute",)
    state, _ = observe(state, Obs(at(4), flops=7.0))
    state, decision = observe(state, EvalDone(at(5)))
    assert decision.overshoot == 7.0 and decision.buffer_breached
    assert not decision.due  # anchors are those of what was evaluated: 4.0 on day 3
    assert (state.anchor_compute, state.anchor_time) == (4.0, at(3))
    assert not observe(state, Obs(at(6), flops=15.9))[1].due
    assert observe(state, Obs(at(6), flops=16.0))[1].due


def test_the_calendar_runs_while_nothing_trains() -> None:
    deadline = datetime(2023, 4, 30, 12, tzinfo=UTC)
    state = evaluated()
    assert not observe(state, Obs(deadline - timedelta(seconds=1)))[1].due
    assert observe(state, Obs(deadline))[1].reasons == ("calendar",)
    assert not observe(evaluated(RSP_V2), Obs(deadline))[1].due
    deadline = datetime(2023, 7, 31, 12, tzinfo=UTC)
    assert observe(evaluated(RSP_V2), Obs(deadline))[1].reasons == ("calendar",)


def test_both_anchors_move_or_each_by_itself() -> None:
    together = observe(evaluated(), Obs(at(30), flops=4.0))[0]
    apart = observe(evaluated(Policy(reset="independent")), Obs(at(30), flops=4.0))[0]
    together, apart = (observe(state, EvalDone(at(31)))[0] for state in (together, apart))
    assert (together.anchor_compute, together.anchor_time) == (4.0, at(31))
    assert (apart.anchor_compute, apart.anchor_time) == (4.0, T0)
    months = add_months(T0, 3)
    assert observe(apart, Obs(months))[1].due and not observe(together, Obs(months))[1].due
    state = observe(observe(apart, Obs(months, flops=8.0))[0], EvalDone(months))[0]
    assert (state.anchor_compute, state.anchor_time) == (4.0, months)


def test_a_jump_is_one_evaluation_and_says_how_many_it_passed_over() -> None:
    for factor, missed in ((15.9, 0), (16.0, 1), (64.0, 2), (100.0, 2), (256.0, 3)):
        state, decision = observe(evaluated(), Obs(at(1), flops=factor))
        assert (decision.due, decision.missed) == (True, missed)
        assert not observe(state, EvalDone(at(1)))[1].due


def test_a_jump_may_be_larger_than_any_number() -> None:
    decision = observe(evaluated(compute=1e-300), Obs(at(1), flops=1e300))[1]
    assert decision.missed == math.floor(600 * math.log(10) / math.log(4)) - 1


def test_the_buffer_is_breached_beyond_six() -> None:
    assert not observe(evaluated(), Obs(at(1), flops=6.0))[1].buffer_breached
    assert observe(evaluated(), Obs(at(1), flops=6.01))[1].buffer_breached


def test_a_run_begins_and_ends_with_an_evaluation_and_needs_an_anchor() -> None:
    for anchor in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="^anchor_compute=.*: expected a number in"):
            begin(RSP_V1, anchor_compute=anchor)
    state = begin(RSP_V1, anchor_compute=100.0)  # of the generation before
    state, decision = observe(state, Obs(T0, flops=0.0))
    assert decision.reasons == ("start",)
    state, _ = observe(state, EvalDone(T0))
    assert state.anchor_compute == 100.0
    state, decision = observe(state, Obs(at(1), flops=399.0, event="end"))
    assert decision.due and decision.reasons == ("end",)
    assert not observe(state, EvalDone(at(2)))[1].due


def test_finetuning_and_its_compute_are_those_of_the_lineage() -> None:
    parent = observe(evaluated(), Obs(at(10), flops=3.0))[0]
    child = fork(parent, "tuned")
    assert child.lineage == ("main", "tuned")
    assert (child.anchor_compute, child.anchor_time) == (1.0, T0)
    assert observe(child, Obs(at(11), flops=4.0))[1].reasons == ("compute",)
    with pytest.raises(ValueError, match="^flops=0.5: expected at least the 3 before it"):
        observe(child, Obs(at(11), flops=0.5))
    ended = observe(parent, Obs(at(10), flops=3.0, event="end"))[0]
    assert not observe(fork(ended, "tuned"), Obs(at(11), flops=3.1))[1].due
    begun = observe(observe(parent, Obs(at(10), flops=4.0))[0], EvalBegun(at(10)))[0]
    assert observe(fork(begun, "tuned"), Obs(at(11), flops=4.0))[1].due


def test_effective_compute_is_read_off_the_law_and_never_falls() -> None:
    policy = Policy(law=LAW, z=0.0)
    state = observe(begin(policy, anchor_compute=1.0), Obs(T0, loss=3.0))[0]
    assert state.compute == pytest.approx(2.0)  # 8 · (3 - 1)^-2
    state, decision = observe(state, Obs(at(1), loss=1.5, flops=1.0))
    assert decision.compute == pytest.approx(32.0)
    state, decision = observe(state, Obs(at(2), loss=2.0, flops=2.0))
    assert decision.compute == pytest.approx(32.0)
    _, decision = observe(state, Obs(at(3), loss=0.9, flops=2.0))
    assert (decision.compute, decision.extrapolated) == (1e6, True)
    for looks, lacking in (((Obs(at(3), flops=3.0),), "loss"), ((Obs(T0, loss=1.0),), "flops")):
        with pytest.raises(ValueError, match=f"^{lacking}: missing"):
            observe(state if lacking == "loss" else begin(RSP_V1, anchor_compute=1.0), *looks)


def test_a_bound_is_compared_with_an_estimate() -> None:
    """So that noise at an evaluation brings the next one forward, and does not put it off."""
    state = observe(begin(Policy(law=LAW), anchor_compute=1.0), Obs(T0, loss=3.0, loss_se=0.2))[0]
    state, _ = observe(state, EvalDone(T0))
    assert state.anchor_compute == pytest.approx(2.0)
    _, decision = observe(state, Obs(T0))
    assert decision.overshoot == pytest.approx(math.exp(1.645 * 0.2 / (0.5 * 2)))


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (Obs(at(-1), flops=1.0), "t=.*: expected .* or later"),
        (EvalDone(at(-1)), "t=.*: expected .* or later"),
        (Obs(datetime(2024, 1, 1), flops=1.0), "t=.*: expected a time zone"),  # noqa: DTZ001
        (Obs(at(1), flops=math.nan), "flops=nan: expected a number in"),
        (Obs(at(1), flops=-1.0), "flops=-1.0: expected a number in"),
        (Obs(at(1), flops=1.0, loss=math.inf), "loss=inf: expected a number in"),
        (Obs(at(1), flops=1.0, loss=1.0, loss_se=-1.0), "loss_se=-1.0: expected"),
        (Obs(at(1), flops=1.0, event="deploy"), "event='deploy': expected one of"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_is_refused_in_one_line(event: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}") as raised:
        observe(evaluated(), event)  # type: ignore[arg-type]
    assert len(str(raised.value).splitlines()) == 1


def test_one_evaluation_at_a_time() -> None:
    state = observe(evaluated(), EvalBegun(at(1)))[0]
    assert observe(state, EvalBegun(at(1)))[0] == state
    with pytest.raises(ValueError, match="^an evaluation is under way since"):
        observe(state, EvalBegun(at(2)))


@pytest.mark.parametrize(
    "change",
    [
        {"factor": 1.0},
        {"factor": math.inf},
        {"months": 0},
        {"months": 2.5},
        {"reset": "none"},
        {"buffer": 0.5},
        {"z": -1.0},
        {"grace_days": math.nan},
    ],
)
def test_a_policy_out_of_range_is_refused(change: dict[str, object]) -> None:
    [name] = change
    with pytest.raises(ValueError, match=f"^{name}=.*: expected"):
        Policy(**change)  # type: ignore[arg-type]


# For any path.

GROWTH = st.lists(st.floats(1.0, 1.3), min_size=1, max_size=60)


def compute_evaluations(path: list[float], factor: float = 4.0) -> list[float]:
    """Compute at each evaluation of a run that does what it is told, with looks at one path."""
    state, found = evaluated(Policy(factor=factor)), []
    for hour, compute in enumerate(path):
        state, decision = observe(state, Obs(at(hour / 24), flops=compute))
        if decision.due:
            found.append(compute)
            state, _ = observe(state, EvalDone(at(hour / 24)))
    return found


@given(GROWTH)
def test_evaluations_lie_apart_by_the_factor_and_at_most_one_look_more(steps: list[float]) -> None:
    path = [math.prod(steps[:n]) for n in range(1, len(steps) + 1)]
    found = [1.0, *compute_evaluations(path)]
    ratios = [after / before for before, after in zip(found, found[1:], strict=False)]
    assert all(4 <= ratio <= 4 * max(steps) * (1 + 1e-9) for ratio in ratios)
    assert path[-1] / found[-1] < 4
    most, least = (math.log(path[-1]) / math.log(4 * more) for more in (1, max(steps)))
    assert math.floor(least - 1e-9) <= len(ratios) <= math.floor(most + 1e-9)


@given(st.integers(0, 40), st.sampled_from([2.0, 4.0, 8.0]))
def test_dense_looks_give_the_floor_of_the_logarithm(n: int, factor: float) -> None:
    path = [factor ** (k / 8) for k in range(n + 1)]  # which meets each power of the factor
    assert len(compute_evaluations(path, factor * (1 - 1e-9))) == n // 8


@given(st.lists(st.integers(1, 20), min_size=1, max_size=60), st.integers(1, 6))
def test_no_months_pass_without_an_evaluation(gaps: list[int], months: int) -> None:
    policy, day, last = Policy(months=months), 0, T0
    state = evaluated(policy)
    for gap in gaps:
        day += gap
        state, decision = observe(state, Obs(at(day)))
        if decision.due:
            state, last = observe(state, EvalDone(at(day)))[0], at(day)
        assert at(day) < add_months(last, months) or last == at(day)


LOOKS = st.lists(
    st.builds(
        lambda loss, event: Obs(at(1), loss=loss, flops=10.0, loss_se=0.01, event=event),
        st.floats(0.5, 9.0),
        st.sampled_from(["check", "end"]),
    ),
    min_size=1,
    max_size=6,
)


@given(LOOKS, st.randoms(use_true_random=False))
def test_looks_at_one_moment_may_come_in_any_order_and_twice(looks: list[Obs], random) -> None:
    def after(several: list[Obs]) -> State:
        state = begin(Policy(law=LAW), anchor_compute=1.0)
        for look in several:
            state = observe(state, look)[0]
        return state

    again = [*looks, *looks]
    random.shuffle(again)
    assert after(again) == after(looks)


@given(GROWTH, st.booleans())
def test_a_state_that_was_stored_goes_on_as_if_it_was_not(steps: list[float], law: bool) -> None:
    import json

    policy = Policy(law=LAW if law else None, reset="independent")
    kept = stored = begin(policy, anchor_compute=0.5, anchor_time=at(-3))
    for hour, step in enumerate(steps):
        event = EvalBegun(at(hour)) if hour == 3 else EvalDone(at(hour)) if hour == 5 else None
        event = event or Obs(at(hour), loss=1 + step, flops=hour)
        stored = decode(json.loads(json.dumps(encode(stored), allow_nan=False)))
        (kept, one), (stored, other) = observe(kept, event), observe(stored, event)
        assert (kept, one) == (stored, other)


def test_what_is_no_state_is_refused() -> None:
    for value in ({}, {**encode(evaluated()), "policy": 3}, {**encode(evaluated()), "more": 1}):
        with pytest.raises(ValueError, match="no state|expected"):
            decode(value)
