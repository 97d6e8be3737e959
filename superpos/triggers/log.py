"""Logs of runs as lines of JSON.

The first row is the policy, each other row an event; README.md has an example. Keys:

- "event": "policy" in the first row, then "check", "start", "end", "fork", "evaluation_begun" or
  "evaluation_done".
- of the policy: "anchor_compute"; and of `Policy` what differs from `preset` ("rsp_v1" where there
  is none), with `law` as a mapping; and "anchor_time".
- of an event: "t" in ISO 8601 with a time zone, and "model" ("main" where it is not said); of a
  look "loss", "loss_se" and "flops"; of a fork "parent".
"""

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from superpos.triggers.audit import Fork, LogError, Row
from superpos.triggers.law import LossLaw
from superpos.triggers.observe import State, begin
from superpos.triggers.policy import EVENTS, PRESETS, EvalBegun, EvalDone, Obs, Policy

MOST_CHARACTERS = 100_000
"""Of a row."""
POLICY = "policy"
NUMBERS = ("loss", "loss_se", "flops")
EVALUATIONS = {"evaluation_begun": EvalBegun, "evaluation_done": EvalDone}
KEYS = {
    **{event: {"t", "model", *NUMBERS} for event in EVENTS},
    **{event: {"t", "model"} for event in EVALUATIONS},
    "fork": {"t", "model", "parent"},
}
"""Event -> keys that its row may have beside "event"."""


class Log(NamedTuple):
    """A log that was read.

    Attributes:
        start: the state from which a model starts.
        rows: its events.
    """

    start: State
    rows: list[Row]


def read_log(lines: Iterable[str]) -> Log:
    """Read a log.

    Args:
        lines: the rows; empty ones are left out.

    Raises:
        LogError: a row is no JSON mapping, has an unknown key, a value out of range or is there
            twice, or there is no policy in the first one; one line with the number of the row.
    """
    start: State | None = None
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = _entry(line)
            if start is None:
                start = _start(entry)
                continue
            same = seen.setdefault(json.dumps(entry, sort_keys=True), number)
            if same != number:
                raise ValueError(f"the same as row {same}, expected each event once")
            rows.append(_row(number, entry))
        except ValueError as error:
            raise LogError(f"row {number}: {error}") from None
    if start is None:
        raise LogError("row 1: missing, expected the policy")
    return Log(start, rows)


def _entry(line: str) -> dict[str, Any]:
    """The mapping of a row."""
    if len(line) > MOST_CHARACTERS:
        raise ValueError(f"{len(line):,} characters, expected at most {MOST_CHARACTERS:,}")
    try:
        entry = json.loads(line, parse_constant=_no_constant, object_pairs_hook=_pairs)
    except json.JSONDecodeError as error:
        raise ValueError(f"expected JSON ({error.msg} at character {error.pos + 1})") from None
    except RecursionError:
        raise ValueError("expected JSON, not so deep") from None
    if not isinstance(entry, dict):
        raise ValueError("expected a mapping, as in {...}")
    return entry


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{_shown(twice)}: there twice, expected once")
    return found


def _no_constant(text: str) -> None:
    raise ValueError(f"{text}: expected a finite number")


def _start(entry: Mapping[str, Any]) -> State:
    """The state that the first row begins with."""
    if entry.get("event") != POLICY:
        raise ValueError(f'event={_shown(entry.get("event"))}: expected "policy" in the first row')
    changes = {name: value for name, value in entry.items() if name != "event"}
    preset = _text("preset", changes.pop("preset", "rsp_v1"))
    if preset not in PRESETS:
        raise ValueError(f"preset={preset!r}: expected one of {', '.join(PRESETS)}")
    if "anchor_compute" not in changes:
        raise ValueError("anchor_compute: missing, expected a number in (0, inf)")
    anchor = _number("anchor_compute", changes.pop("anchor_compute"))
    time = changes.pop("anchor_time", None)
    law = changes.pop("law", None)
    known = {f.name for f in dataclasses.fields(Policy)} - {"law"}
    _refuse_unknown(changes, known | {"preset", "anchor_compute", "anchor_time", "law"})
    for name, value in changes.items():
        checked = _text(name, value) if name == "reset" else _number(name, value)
        changes[name] = value if name == "months" else checked
    if law is not None:
        changes["law"] = _law(law)
    policy = dataclasses.replace(PRESETS[preset], **changes)
    return begin(policy, anchor_compute=anchor, anchor_time=None if time is None else _time(time))


def _law(value: Any) -> LossLaw:
    names = {f.name: f.default is dataclasses.MISSING for f in dataclasses.fields(LossLaw)}
    if not isinstance(value, dict):
        raise ValueError(f"law={_shown(value)}: expected a mapping of {', '.join(names)}")
    _refuse_unknown(value, {*names}, "law.")
    for name, needed in names.items():
        if needed and name not in value:
            raise ValueError(f"law.{name}: missing, expected a number")
    return LossLaw(**{name: _number(f"law.{name}", number) for name, number in value.items()})


def _row(number: int, entry: Mapping[str, Any]) -> Row:
    """The event of a row."""
    event = entry.get("event")
    if not isinstance(event, str) or event not in KEYS:
        raise ValueError(f"event={_shown(event)}: expected one of {', '.join(KEYS)}")
    given = {name: value for name, value in entry.items() if name != "event"}
    _refuse_unknown(given, KEYS[event])
    if "t" not in given:
        raise ValueError("t: missing, expected a time in ISO 8601")
    t, model = _time(given["t"]), _text("model", given.get("model", "main"))
    if event == "fork":
        return Row(number, model, Fork(t, _text("parent", given.get("parent"))))
    if event in EVALUATIONS:
        return Row(number, model, EVALUATIONS[event](t))
    numbers = {name: _number(name, given[name]) for name in NUMBERS if name in given}
    return Row(number, model, Obs(t, event=event, **numbers))  # type: ignore[arg-type]


def _refuse_unknown(given: Mapping[str, Any], known: set[str], where: str = "") -> None:
    for name in given:
        if name not in known:
            names = ", ".join(sorted(known))
            raise ValueError(f"{where}{_shown(name)}: unknown, expected one of {names}")


def _number(name: str, value: Any) -> float:
    """A finite number."""
    try:
        number = float(value) if type(value) in (int, float) else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name}={_shown(value)}: expected a finite number")
    return number


def _text(name: str, value: Any) -> str:
    if not (isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()):
        raise ValueError(f"{name}={_shown(value)}: expected a text of 1 to 200 characters")
    return value


def _time(value: Any) -> datetime:
    """A moment with a time zone."""
    try:
        t = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        t = None
    if t is None or t.utcoffset() is None:
        raise ValueError(
            f"t={_shown(value)}: expected a time with its zone, such as 2026-01-31T12:00:00Z"
        )
    return t


def _shown(value: Any) -> str:
    """A value in a message, however long it is."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:70]}..."
