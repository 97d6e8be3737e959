"""Logs as text: what is read, and what is refused with the number of its row."""

import json
from datetime import UTC, datetime

import pytest
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


def with_(entry: str, **changes: object) -> str:
    return json.dumps({**json.loads(entry), **changes})


BAD = [
    ([], "row 1: missing, expected the policy"),
    ([CHECK], "row 1: event='check': expected \"policy\""),
    ([with_(POLICY, anchor_compute=0)], "row 1: anchor_compute=0"),
    (['{"event": "policy"}'], "row 1: anchor_compute: missing"),
    ([with_(POLICY, preset="rsp_v9")], "row 1: preset='rsp_v9': expected one of rsp_v1, rsp_v2"),
    ([with_(POLICY, facter=2)], "row 1: 'facter': unknown, expected one of anchor_compute"),
    ([with_(POLICY, factor=1)], "row 1: factor=1.0: expected a number in"),
    ([with_(POLICY, factor=[])], "row 1: factor=\\[\\]: expected a finite number"),
    ([with_(POLICY, months=2.5)], "row 1: months=2.5: expected an integer"),
    ([with_(POLICY, reset={})], "row 1: reset={}: expected a text"),
    ([with_(POLICY, reset="x")], "row 1: reset='x': expected one of both"),
    ([with_(POLICY, months="9" * 900)], "row 1: months='9*...: expected a finite number"),
    ([with_(POLICY, law=3)], "row 1: law=3: expected a mapping"),
    ([with_(POLICY, law={"scale": 1})], "row 1: law.irreducible: missing"),
    ([with_(POLICY, law={"alpha": 1})], "row 1: law.'alpha': unknown"),
    ([with_(POLICY, anchor_time="soon")], "row 1: t='soon': expected a time with its zone"),
    ([POLICY, "{"], "row 2: expected JSON"),
    ([POLICY, "3"], "row 2: expected a mapping"),
    ([POLICY, "[" * 90_000], "row 2: expected JSON"),
    ([POLICY, '"' + "x" * 200_000 + '"'], "row 2: 200,002 characters, expected at most"),
    ([POLICY, '{"event": "check", "event": "end"}'], "row 2: 'event': there twice"),
    ([POLICY, CHECK.replace("1}", "NaN}")], "row 2: NaN: expected a finite number"),
    ([POLICY, CHECK.replace("1}", "1e999}")], "row 2: flops=inf: expected a finite number"),
    ([POLICY, CHECK.replace("1}", "1" * 400 + "}")], "row 2: flops=1.*: expected a finite number"),
    ([POLICY, CHECK.replace("1}", "1" * 5000 + "}")], "row 2: Exceeds the limit"),
    ([POLICY, with_(CHECK, flops=True)], "row 2: flops=True: expected a finite number"),
    ([POLICY, with_(CHECK, flops="1")], "row 2: flops='1': expected a finite number"),
    ([POLICY, with_(CHECK, flop=1)], "row 2: 'flop': unknown, expected one of flops"),
    ([POLICY, with_(CHECK, event="look")], "row 2: event='look': expected one of check"),
    ([POLICY, with_(CHECK, event=[])], "row 2: event=\\[\\]: expected one of check"),
    ([POLICY, with_(CHECK, t="2024-01-01T00:00:00")], "row 2: t='2024-.*with its zone"),
    ([POLICY, with_(CHECK, t=1704067200)], "row 2: t=1704067200: expected a time"),
    ([POLICY, '{"event": "check"}'], "row 2: t: missing"),
    ([POLICY, with_(CHECK, model="")], "row 2: model='': expected a text"),
    ([POLICY, with_(CHECK, model="a\nb")], "row 2: model='a.*b': expected a text"),
    ([POLICY, with_(CHECK, event="fork")], "row 2: 'flops': unknown"),
    ([POLICY, CHECK, CHECK], "row 3: the same as row 2"),
    ([POLICY, POLICY], "row 2: event='policy': expected one of check"),
]


@pytest.mark.parametrize(("lines", "message"), BAD)
def test_a_bad_log_is_one_line_with_its_row(lines: list[str], message: str) -> None:
    with pytest.raises(LogError, match=f"^{message}") as raised:
        read_log(lines)
    text = str(raised.value)
    assert len(text.splitlines()) == 1 and len(text) < 300


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
    lines = [with_(entry, **changes)] if entry is POLICY else [POLICY, with_(entry, **changes)]
    try:
        read_log(lines)
    except LogError as error:
        assert len(str(error).splitlines()) == 1
