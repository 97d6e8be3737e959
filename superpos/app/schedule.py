"""`superpos triggers audit LOG`: whether a log of runs kept its schedule of evaluations.

Each line says a promise that was not kept. The log is lines of JSON, a policy and then events; see
`superpos.triggers.log`.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from superpos.app import terminal
from superpos.app.extensions import program
from superpos.app.jobs import UsageError
from superpos.store.bounded import StoreError, read_bytes
from superpos.triggers import PRESETS, Audit, LogError, State, audit, read_log
from superpos.triggers.observe import reasons

MOST_BYTES = 2**26
"""Of a log."""
MOST_LINES = 1000
"""Of violations that are printed."""


def main(words: Sequence[str]) -> int:
    """Audit one log and say what is found.

    Args:
        words: "audit" and the log, and with --policy another policy than the log's.

    Returns:
        0, or 1 where a promise was not kept.

    Raises:
        UsageError: the words or the log cannot be; one line with the number of the row.
    """
    parser = terminal.Parser(prog=f"{program()} triggers", description=__doc__)
    parser.add_argument("what", choices=["audit"], help="what is to be done with the log")
    parser.add_argument("log", type=Path, help="lines of JSON")
    parser.add_argument("--policy", choices=[*PRESETS], help="instead of what the log promises")
    given = parser.parse_args(words)
    try:
        start, rows = read_log(_lines(given.log))
        if given.policy:
            policy = dataclasses.replace(PRESETS[given.policy], law=start.policy.law)
            start = start._replace(policy=policy)
        found = audit(start, rows)
    except (LogError, StoreError) as error:
        path = "" if isinstance(error, StoreError) else f"{given.log}: "
        raise UsageError(f"{path}{error}") from None
    _print(start, found)
    return 1 if found.violations else 0


def _lines(path: Path) -> list[str]:
    """The rows of a file.

    Raises:
        StoreError: it is no file, too large, or no text; one line.
    """
    data = read_bytes(path, MOST_BYTES)
    if data is None:
        raise StoreError(f"{path}: too large, expected at most {MOST_BYTES:,} bytes")
    try:
        return data.decode().split("\n")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise StoreError(f"{path}: row {row}: expected text in UTF-8") from None


def _print(start: State, found: Audit) -> None:
    console, policy = terminal.console(), start.policy

    def say(text: str) -> None:
        console.print(text, soft_wrap=True, highlight=False)

    by = "FLOPs" if policy.law is None else "the law of the log"
    say(
        f"policy: each {policy.factor:g}x of effective compute by {by}, each {policy.months}"
        f" months, {policy.reset}; buffer {policy.buffer:g}x"
    )
    for each in found.violations[:MOST_LINES]:
        say(
            f"row {each.number} {each.model} {each.t.isoformat()} {each.kind}: {each.text};"
            f" {each.overshoot:.3g}x"
        )
    for name, state in found.states.items():
        owed = reasons(state, state.t) if state.t and not state.begun else ()
        say(
            f"{name}: evaluations {found.evaluations[name]}, effective compute {state.compute:.3g}"
            f"{', extrapolated' if state.extrapolated else ''}"
            f"{', due by ' + ' and '.join(owed) if owed else ''}"
        )
    say(f"violations: {len(found.violations)}")
