"""Logs against their policy, by hand; and that a log agrees with the loop that wrote it."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos.triggers import (
    Audit,
    EvalBegun,
    EvalDone,
    Fork,
    LogError,
    Obs,
    Policy,
    Row,
    audit,
    begin,
    observe,
    read_log,
)

T0 = datetime(2024, 1, 1, tzinfo=UTC)
HEADER = {"event": "policy", "preset": "rsp_v1", "anchor_compute": 1.0}


def entry(day: float, event: str = "check", **more: object) -> dict[str, object]:
    return {"event": event, "t": (T0 + timedelta(days=day)).isoformat(), **more}


def found(*entries: dict[str, object], **header: object) -> Audit:
    """The audit of a log, through its text."""
    lines = [json.dumps(each) for each in ({**HEADER, **header}, *entries)]
    return audit(*read_log(lines))


def kinds(*entries: dict[str, object], **header: object) -> list[tuple[int, str]]:
    return [(each.number, each.kind) for each in found(*entries, **header).violations]


BEGUN = entry(0, "start", flops=1.0), entry(0, "evaluation_done")
"""Rows 2 and 3: evaluated on day 0, with 1 FLOP."""


def test_a_log_that_keeps_its_policy() -> None:
    rows = (
        entry(10, flops=3.0),
        entry(20, flops=4.0),
        entry(20, "evaluation_begun"),
        entry(21, flops=5.0),
        entry(22, "evaluation_done"),
        entry(100, flops=5.0),
        entry(111, "end", flops=5.0),  # 20 January and three months, and one of 30 days
        entry(111, "evaluation_done"),
    )
    done = found(*BEGUN, *rows)
    assert done.violations == []
    assert done.evaluations == {"main": 3}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([entry(1, flops=4.0), entry(2, flops=4.5)], [(5, "late")]),
        ([entry(1, flops=4.0), entry(2, flops=4.5), entry(3, flops=5.0)], [(5, "late")]),
        ([entry(1, flops=5.9), entry(1, "evaluation_done")], []),
        ([entry(1, flops=6.1), entry(1, "evaluation_done")], [(4, "buffer")]),
        ([entry(1, flops=5.0), entry(1, "evaluation_begun"), entry(9, flops=7.0)], [(6, "buffer")]),
        (
            [entry(1, flops=64.0), entry(1, "evaluation_done"), entry(2, flops=64.0)],
            [(4, "buffer"), (4, "missed")],
        ),
        ([entry(91), entry(91, "evaluation_done")], []),  # 1 April
        ([entry(92), entry(92, "evaluation_done")], []),  # a day of grace
        ([entry(92.1), entry(92.1, "evaluation_done")], [(4, "calendar")]),
        ([entry(200, "evaluation_done")], [(4, "calendar")]),
        ([entry(90, "evaluation_begun"), entry(190)], [(5, "calendar")]),  # and never complete
        ([entry(9, "end", flops=1.5)], [(4, "end")]),
        ([entry(9, flops=4.0)], []),  # has just become due
    ],
)
def test_what_breaks_it_is_told_once_and_where(
    rows: list[dict[str, object]], expected: list[tuple[int, str]]
) -> None:
    assert sorted(kinds(*BEGUN, *rows)) == expected


def test_a_run_without_an_evaluation_at_its_start_is_late() -> None:
    assert kinds(entry(0, flops=1.0), entry(1, flops=1.1)) == [(3, "late")]


def test_a_longer_policy_allows_more() -> None:
    rows = *BEGUN, entry(150), entry(150, "evaluation_done")
    assert kinds(*rows) == [(4, "calendar")]
    assert kinds(*rows, preset="rsp_v2") == kinds(*rows, months=6) == []


def test_a_fork_has_the_anchors_of_its_parent_and_evaluations_of_its_own() -> None:
    forked = entry(10, "fork", model="tuned", parent="main")
    rows = *BEGUN, entry(10, flops=3.0), forked, entry(11, flops=4.0, model="tuned")
    assert kinds(*rows, entry(12, flops=4.1, model="tuned")) == [(7, "late")]
    assert kinds(*rows, entry(11, "evaluation_done", model="tuned")) == []
    assert kinds(*rows, entry(11, "evaluation_done"), entry(12, flops=4.1, model="tuned")) == [
        (8, "late")
    ]
    due = *BEGUN, entry(10, flops=4.0), forked  # owed by the parent, and so by its fork
    assert kinds(*due, entry(11, flops=4.0, model="tuned")) == [(6, "late")]


def test_a_law_measures_what_flops_do_not() -> None:
    """An exponent of 1 and a scale of 1: effective compute is 1 / loss."""
    law = {"irreducible": 0, "scale": 1, "exponent": 1, "most": 100}
    rows = entry(0, loss=1.0, flops=1), entry(0, "evaluation_done"), entry(1, loss=0.25, flops=2)
    went_on = entry(2, loss=0.3, flops=3)
    assert kinds(*rows, went_on, law=law) == [(5, "late")]
    assert kinds(*rows, went_on) == []


def test_events_of_one_moment_may_be_written_in_any_order() -> None:
    rows = [
        entry(1, flops=4.0),
        entry(1, "evaluation_done"),
        entry(1, "fork", model="a", parent="main"),
        entry(1, "fork", model="b", parent="a"),
        entry(1, flops=16.0, model="b"),
        entry(1, "evaluation_done", model="b"),
    ]
    anchors = {"main": 4.0, "a": 4.0, "b": 16.0}
    for seed in range(10):
        random.Random(seed).shuffle(rows)
        done = found(*BEGUN, *rows)
        assert done.violations == []
        assert {name: state.anchor_compute for name, state in done.states.items()} == anchors


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([entry(-1)], "row 4: t=.*: expected 2024-01-01T00:00:00.00:00 or later"),
        ([entry(1, flops=0.5)], "row 4: flops=0.5: expected at least the 1 before"),
        ([entry(1, "fork", model="b", parent="c")], "row 4: parent='c': expected a model"),
        ([entry(1, "fork", model="main", parent="main")], "row 4: model='main': expected a new"),
        ([entry(1, "evaluation_begun"), entry(2, "evaluation_begun")], "row 5: an evaluation is"),
    ],
)
def test_a_log_that_cannot_be_is_refused_at_its_row(rows, message: str) -> None:
    with pytest.raises(LogError, match=f"^{message}"):
        kinds(*BEGUN, *rows)


LOOKS = st.lists(st.tuples(st.floats(0.1, 20.0), st.floats(1.0, 2.5)), min_size=1, max_size=25)


@given(LOOKS, st.sampled_from(["both", "independent"]), st.booleans())
def test_a_loop_that_does_what_it_is_told_is_late_nowhere(looks, reset, obeys: bool) -> None:
    """And a log says the same of each row as the loop that wrote it."""
    start = begin(Policy(reset=reset, grace_days=20.0), anchor_compute=1.0)
    state, rows, day, flops, breached = start, [], 0.0, 1.0, False

    def take(event) -> bool:
        nonlocal state, breached
        state, decision = observe(state, event)
        rows.append(Row(len(rows), "main", event))
        breached |= decision.buffer_breached
        return decision.due

    for days, factor in looks:
        t = T0 + timedelta(days=day)
        if take(Obs(t, flops=flops)) and obeys:
            take(EvalBegun(t))
            take(EvalDone(t))
        day, flops = day + days, flops * factor
    done = audit(start, rows)
    assert done.states == {"main": state}
    assert {each.kind for each in done.violations} <= (
        {"buffer"} if obeys else {"late", "buffer", "missed", "calendar"}
    )
    assert breached == any(each.kind == "buffer" for each in done.violations)
    assert obeys or len(looks) == 1 or any(each.kind == "late" for each in done.violations)


def test_a_log_may_be_made_in_python() -> None:
    start = begin(Policy(), anchor_compute=1.0)
    later = T0 + timedelta(days=1)
    rows = [
        Row(0, "a", Obs(T0, flops=1.0)),
        Row(1, "a", EvalDone(T0)),
        Row(2, "b", Fork(later, "a")),
        Row(3, "b", Obs(later, flops=2.0)),
    ]
    assert audit(start, rows).violations == []
    assert audit(start, rows).states["b"].lineage == ("a", "b")
