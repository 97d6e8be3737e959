"""Logs that cannot be audited. `given` is the content; each complaint begins with the file."""

import json
from typing import Any

from tests.faults.bad_inputs.rows import Row, row

POLICY = '{"event": "policy", "anchor_compute": 10}'
CHECK = '{"event": "check", "t": "2024-01-01T00:00:00Z", "flops": 1}'
FINITE = "expected a finite number"
ZONE = "expected a time with its zone, such as 2026-01-31T12:00:00Z"


def with_(entry: str, **changes: Any) -> str:
    """A row with other values."""
    return json.dumps({**json.loads(entry), **changes})


def case(name: str, lines: list[str], starts: str, expected: str = "") -> Row:
    return row(name, "\n".join(lines).encode(), f": {starts}", expected, kind=2)


def policy(name: str, starts: str, expected: str = "", **changes: Any) -> Row:
    """A first row with other values."""
    return case(name, [with_(POLICY, **changes), CHECK], f"row 1: {starts}", expected)


def check(name: str, starts: str, expected: str = "", **changes: Any) -> Row:
    """A second row with other values."""
    return case(name, [POLICY, with_(CHECK, **changes)], f"row 2: {starts}", expected)


def text(name: str, line: str, starts: str, expected: str = "") -> Row:
    """A second row of any text."""
    return case(name, [POLICY, line], f"row 2: {starts}", expected)


def later(name: str, starts: str, expected: str = "", **changes: Any) -> Row:
    """A third row, a day after the second."""
    third = {"event": "check", "t": "2024-01-02T00:00:00Z", **changes}
    return case(name, [POLICY, CHECK, json.dumps(third)], f"row 3: {starts}", expected)


TABLE = [
    case("nothing", [], "row 1: missing, expected the policy"),
    case("no policy", [CHECK], "row 1: event='check': expected ", '"policy" in the first row'),
    case("no anchor", ['{"event": "policy"}'], "row 1: anchor_compute: missing"),
    row("no text", b"\xff\xfe\n", ": row 1: expected text in UTF-8", kind=2),
    policy("an anchor of 0", "anchor_compute=0", "expected a number in (0, inf)", anchor_compute=0),
    policy("a preset", "preset='rsp_v9'", "expected one of rsp_v1, rsp_v2", preset="rsp_v9"),
    policy("a key", "'facter': unknown", "expected one of anchor_compute", facter=2),
    policy("a factor of 1", "factor=1.0", "expected a number in (1, inf)", factor=1),
    policy("a factor that is a list", "factor=[]", FINITE, factor=[]),
    policy("half a month", "months=2.5", "expected an integer in [1, 1200]", months=2.5),
    policy("months as text", "months='999", FINITE, months="9" * 900),
    policy("a reset", "reset='x'", "expected one of both, independent", reset="x"),
    policy("a reset that is a mapping", "reset={}", "expected a text", reset={}),
    policy("a law that is a number", "law=3", "expected a mapping of irreducible", law=3),
    policy("half a law", "law.irreducible: missing", law={"scale": 1}),
    policy("a key of a law", "law.'alpha': unknown", "expected one of exponent", law={"alpha": 1}),
    policy("a time of an anchor", "t='soon'", ZONE, anchor_time="soon"),
    case(
        "an anchor after the log",
        [with_(POLICY, anchor_time="2025-01-01T00:00:00Z"), CHECK],
        "row 2: t=2024-01-01T00:00:00+00:00: expected 2025-01-01T00:00:00+00:00 or later",
    ),
    text("half a mapping", "{", "expected JSON"),
    text("a number", "3", "expected a mapping"),
    text("a deep list", "[" * 90_000, "expected JSON"),
    text("a long row", '"' + "x" * 200_000, "200,001 characters, expected at most 100,000"),
    text("a key twice", '{"event": "check", "event": "end"}', "'event': there twice"),
    text("not a number", CHECK.replace("1}", "NaN}"), "NaN: ", FINITE),
    text("infinity", CHECK.replace("1}", "1e999}"), "flops=inf: ", FINITE),
    text("a large integer", CHECK.replace("1}", "1" * 400 + "}"), "flops=11", FINITE),
    text("a larger integer", CHECK.replace("1}", "1" * 5000 + "}"), "Exceeds the limit"),
    text("no time", '{"event": "check"}', "t: missing, expected a time"),
    text("a policy again", POLICY, "event='policy': expected one of check"),
    check("negative compute", "flops=-1.0: expected a number in [0, inf)", flops=-1),
    check("compute that is true", "flops=True: ", FINITE, flops=True),
    check("compute as text", "flops='1': ", FINITE, flops="1"),
    check("a key of a look", "'flop': unknown, expected one of flops", flop=1),
    check("an event", "event='look': expected one of check", event="look"),
    check("an event that is a list", "event=[]: expected one of check", event=[]),
    check("a time without a zone", "t='2024-01-01T00:00:00'", ZONE, t="2024-01-01T00:00:00"),
    check("a time that is a number", "t=1704067200: ", ZONE, t=1704067200),
    check("the first year", "t=0001-", "expected a year in", t="0001-01-01T00:00:00+14:00"),
    check("a model without a name", "model='': expected a text", model=""),
    check("a name of two lines", "model='a\\nb': expected a text", model="a\nb"),
    check("a fork that trains", "'flops': unknown", event="fork"),
    check("a negative error", "loss_se=-1.0: expected a number in [0, inf)", loss_se=-1),
    case("a row twice", [POLICY, CHECK, CHECK], "row 3: the same as row 2, expected each"),
    later("time that goes back", "t=", "or later, as in the row before", t="2023-12-31T00:00:00Z"),
    later("compute that goes back", "flops=0.5: expected at least the 1 before", flops=0.5),
    later("a loss without compute", "flops: missing, expected beside loss", loss=1),
    later("a fork of nothing", "parent='b': expected a model before", event="fork", parent="b"),
    later("a fork of itself", "model='main': expected a new name", event="fork", parent="main"),
]
