"""The ledger of claims: what a paper states, what a run measured, and whether they agree."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from rich.table import Column, Table
from rich.text import Text

from superpos.store.bounded import StoreError, read_json
from superpos.store.derived import replace as replace_file

Relation = Literal["=", ">=", "<="]
SIGNS = {"=": "=", ">=": "≥", "<=": "≤"}
WORDS = {True: "reproduced", False: "NOT reproduced", None: "not run"}
STYLES = {True: "blue", False: "yellow", None: "dim"}


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One number that a paper states, with the tolerance chosen before the run.

    Raises:
        ValueError: If the id, the numbers or the relation make no sense.
    """

    id: str
    paper: str
    section: str
    setting: str
    claimed: float
    tolerance: float
    relation: Relation
    statement: str

    def __post_init__(self) -> None:
        if not self.id or not self.id.isprintable():
            raise ValueError(f"claim id {self.id!r} is empty or not printable")
        if self.relation not in SIGNS:
            raise ValueError(f"claim {self.id}: relation {self.relation!r} is not =, >= or <=")
        if not (math.isfinite(self.claimed) and 0 <= self.tolerance < math.inf):
            raise ValueError(f"claim {self.id}: needs a finite claimed and a finite tolerance >= 0")

    def judge(self, measured: float | None, note: str = "") -> "Verdict":
        """Compare a measured value with the claim; None means that it was not run."""
        if measured is None:
            return Verdict(claim=self, measured=None, reproduced=None, note=note)
        value = float(measured)
        near = {
            "=": abs(value - self.claimed) <= self.tolerance,
            ">=": value >= self.claimed - self.tolerance,
            "<=": value <= self.claimed + self.tolerance,
        }
        held = math.isfinite(value) and bool(near[self.relation])
        if not math.isfinite(value):
            note = f"measured {value}; {note}" if note else f"measured {value}"
        return Verdict(claim=self, measured=value, reproduced=held, note=note)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A claim, the value measured for it, and whether the claim held (None: not run)."""

    claim: Claim
    measured: float | None
    reproduced: bool | None
    note: str = ""


Row = tuple[str, str, Relation, float, float]
"""Key, statement, relation, number claimed and tolerance of a claim."""


def claims_of(
    experiment: str, rows: Iterable[Row], *, paper: str, section: str, setting: str
) -> dict[str, Claim]:
    """The claims of an experiment that share a paper, a section and a setting.

    Args:
        experiment: its name, which the ids begin with.
        rows: what each claims.
        paper: of all.
        section: of all.
        setting: of all.

    Returns:
        Key -> claim, in order.
    """
    return {
        key: Claim(
            id=f"{experiment}/{key}",
            paper=paper,
            section=section,
            setting=setting,
            claimed=claimed,
            tolerance=tolerance,
            relation=relation,
            statement=statement,
        )
        for key, statement, relation, claimed, tolerance in rows
    }


def in_setting(verdicts: Iterable[Verdict], setting: str) -> list[Verdict]:
    """The verdicts with the setting of their claims as it was in this run."""
    return [replace(verdict, claim=replace(verdict.claim, setting=setting)) for verdict in verdicts]


def settle(verdicts: Iterable[Verdict], fragile: Any) -> list[Verdict]:
    """Let no claim rest on members alone that are sensitive to rounding.

    Args:
        verdicts: verdicts that rest on the same members.
        fragile: which of these are sensitive to rounding, bool of any shape; None when not known.

    Returns:
        The verdicts, undecided where every member is, with a note where any is.
    """
    n_fragile, n_members = (0, 0) if fragile is None else (int(fragile.sum()), int(fragile.size))
    if not n_fragile:
        return list(verdicts)
    text = f"{n_fragile} of {n_members} members are sensitive to rounding"
    return [
        replace(
            verdict,
            reproduced=None if n_fragile == n_members else verdict.reproduced,
            note=f"{verdict.note}; {text}" if verdict.note else text,
        )
        for verdict in verdicts
    ]


def to_records(verdicts: Iterable[Verdict], command: str) -> list[dict[str, Any]]:
    """Turn verdicts into plain records for JSON; a measured value that is not finite is None.

    Raises:
        ValueError: If two verdicts share a claim id.
    """
    return _unique(_record(verdict, command) for verdict in verdicts)


def write(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """Write records as strict JSON, whole or not at all.

    Raises:
        ValueError: If an id is repeated, or a number is not finite.
        StoreError: If the file cannot be written.
    """
    text = json.dumps(_unique(records), indent=2, allow_nan=False) + "\n"
    replace_file(path, text.encode())


def read(path: Path) -> list[dict[str, Any]]:
    """Read the records that `write` wrote.

    Raises:
        StoreError: If the file is not JSON, not a list of records, or repeats an id; one line.
    """
    try:
        return _unique(read_json(path))
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{path}: expected a ledger of claims ({error})") from None


def table(records: Sequence[Mapping[str, Any]]) -> Table:
    """Lay records out for the terminal, one row a claim."""
    grid = Table(Column("claim", overflow="fold"), "claimed", "measured", "verdict")
    for record in records:
        bound = f"{SIGNS[record['relation']]} {number_text(record['claimed'])}"
        bound += f" (tol {number_text(record['tolerance'])})"
        verdict = Text(WORDS[record["reproduced"]], style=STYLES[record["reproduced"]])
        grid.add_row(Text(record["id"]), bound, measured_text(record), verdict)
    return grid


def number_text(value: float) -> str:
    """Format a number for a reader: whole numbers whole, others to four digits."""
    if float(value).is_integer() and abs(value) < 1e9:
        return f"{int(value):,}"
    return f"{value:.4g}".replace("e+", "e").replace("e0", "e").replace("e-0", "e-")


def measured_text(record: Mapping[str, Any]) -> str:
    """Format what was measured; a dash when the claim was not run."""
    if record["measured"] is not None:
        return number_text(record["measured"])
    return "—" if record["reproduced"] is None else "not finite"


def _record(verdict: Verdict, command: str) -> dict[str, Any]:
    finite = verdict.measured is not None and math.isfinite(verdict.measured)
    judged = {"measured": verdict.measured if finite else None, "reproduced": verdict.reproduced}
    return asdict(verdict.claim) | judged | {"note": verdict.note, "command": command}


def _unique(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = [dict(record) for record in records]
    if repeated := [name for name, n in Counter(row["id"] for row in rows).items() if n > 1]:
        raise ValueError(f"claim ids listed more than once: {repeated}")
    return rows
