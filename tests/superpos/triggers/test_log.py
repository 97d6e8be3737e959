"""Logs as text: what is read, and what is refused with the number of its row."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from superpos.triggers import EvalDone, Fork, LogError, LossLaw, Obs, Policy, Row, read_log

POLICY = '{"event": "policy", "anchor_compute": 10}'
CHECK = '{"event": "check", "t": "2024-01-01T00:00:00Z", "flops": 1}'
T = datetime(2024, 1, 1, tzinfo=UTC)


def test_a_log_is_a_policy_and_events() -> None:
    law = '{"irreducible": 1, "scale": 2, "exponent": 0.5, "most": 100}'
    start, rows = read_log(
        [
            '{"event": "policy", "preset": "rsp_v2", "factor": 2, "reset": "independent",'
            f' "anchor_compute": 10, "anchor_time": "2023-12-31T22:00:00-02:00", "law": {law}}}',
            "",
            '{"event": "end", "t": "2024-01-01T01:00:00+01:00", "loss": 2, "model": "a"}',
            '{"event": "fork", "t": "2024-01-01T00:00:00Z", "parent": "a", "model": "b"}',
            '{"event": "evaluation_done", "t": "2024-01-01T00:00:00Z", "model": "b"}',
        ]
    )
    expected = LossLaw(irreducible=1.0, scale=2.0, exponent=0.5, most=100.0)
    assert start.policy == Policy(factor=2.0, months=6, reset="independent", law=expected)
    assert (start.anchor_compute, start.anchor_time) == (10.0, T)
    assert rows == [
        Row(3, "a", Obs(T, loss=2.0, event="end")),
        Row(4, "b", Fork(T, "a")),
        Row(5, "b", EvalDone(T)),
    ]


def with_(entry: str, changes: dict[str, object]) -> str:
    return json.dumps({**json.loads(entry), **changes})


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
KEYS = st.sampled_from(
    ["event", "t", "model", "loss", "loss_se", "flops", "parent", "law", "months", "anchor_time"]
)


@given(st.dictionaries(KEYS, JSON, max_size=3), st.sampled_from([POLICY, CHECK]))
def test_any_values_are_read_or_refused(changes: dict[str, object], entry: str) -> None:
    lines = [with_(entry, changes)] if entry is POLICY else [POLICY, with_(entry, changes)]
    try:
        read_log(lines)
    except LogError as error:
        assert len(str(error).splitlines()) == 1
