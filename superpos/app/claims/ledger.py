"""The ledger of claims: what a paper states, what a run measured, and whether they agree."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from superpos.app.claims.counts import SOURCES, Source
from superpos.arguments import shown
from superpos.store.bounded import StoreError, read_json
from superpos.store.derived import replace as replace_file

Relation = Literal["=", ">=", "<="]
SIGNS = {"=": "=", ">=": "≥", "<=": "≤"}
Written = Literal["before", "after"]
WRITTEN = ("before", "after")

NUMBER = int | float
KINDS = {
    "claimed": NUMBER,
    "tolerance": NUMBER,
    "identity": bool,
    "measured": NUMBER | None,
    "reproduced": bool | None,
    "agrees": bool | None,
    "changed": list,
}
"""Field of a record that is no text -> its type."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One number that is claimed, with its tolerance.

    Attributes:
        id: experiment and key.
        paper: that it is about.
        section: of the paper.
        setting: what it is claimed of.
        claimed: the number.
        tolerance: at least 0.
        relation: of what is measured to the number.
        statement: in words.
        source: whose it is, one of SOURCES.
        written: whether its text, its tolerance or its setting is from before or from after a run
            that was seen.
        identity: whether it holds or fails whatever was trained; it is not counted.
        history: what is known of it from other runs.

    Raises:
        ValueError: If the id, the numbers, the relation or where it is from make no sense.
    """

    id: str
    paper: str
    section: str
    setting: str
    claimed: float
    tolerance: float
    relation: Relation
    statement: str
    source: Source
    written: Written
    identity: bool = False
    history: str = ""

    def __post_init__(self) -> None:
        if not self.id or not self.id.isprintable():
            raise ValueError(f"claim id {self.id!r} is empty or not printable")
        if self.relation not in SIGNS:
            raise ValueError(f"claim {self.id}: relation {self.relation!r} is not =, >= or <=")
        for name, known in (("source", (*SOURCES,)), ("written", WRITTEN)):
            if (value := getattr(self, name)) not in known:
                raise ValueError(f"claim {self.id}: {name} {value!r} is not {' or '.join(known)}")
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


class Origin(NamedTuple):
    """Where a claim is from: its source, when it was written, and the rest as in `Claim`."""

    source: Source
    written: Written
    history: str = ""
    identity: bool = False


Row = tuple[str, str, Relation, float, float]
"""Key, statement, relation, number claimed and tolerance of a claim."""


def claims_of(
    experiment: str,
    rows: Iterable[Row],
    *,
    paper: str,
    section: str,
    setting: str,
    origin: Origin,
    but: Mapping[str, Origin] | None = None,
) -> dict[str, Claim]:
    """The claims of an experiment that share a paper, a section and a setting.

    Args:
        experiment: its name, which the ids begin with.
        rows: what each claims.
        paper: of all.
        section: of all.
        setting: of all.
        origin: of all that are not in `but`.
        but: key -> origin.

    Returns:
        Key -> claim, in order.

    Raises:
        ValueError: If a key of `but` is that of no row.
    """
    exceptions = dict(but or {})
    claims = {
        key: Claim(
            id=f"{experiment}/{key}",
            paper=paper,
            section=section,
            setting=setting,
            claimed=claimed,
            tolerance=tolerance,
            relation=relation,
            statement=statement,
            **exceptions.pop(key, origin)._asdict(),
        )
        for key, statement, relation, claimed, tolerance in rows
    }
    if exceptions:
        raise ValueError(f"claims of {experiment}: no row for {', '.join(exceptions)}")
    return claims


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


def to_records(
    verdicts: Iterable[Verdict], command: str, changed: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Turn verdicts into plain records for JSON; a measured value that is not finite is None.

    Args:
        verdicts: on claims with ids of their own.
        command: that makes them again.
        changed: how the run differs from the registered setting of its experiment. Where it does,
            nothing is reproduced or not: a record says whether it agrees, without what is known of
            other runs.

    Raises:
        ValueError: If two verdicts share a claim id.
    """
    return _unique(_record(verdict, command, changed) for verdict in verdicts)


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
        records = _unique(read_json(path))
        for record in records:
            _check(record)
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{path}: expected a ledger of claims ({error})") from None
    return records


def _record(verdict: Verdict, command: str, changed: Sequence[str]) -> dict[str, Any]:
    record, agrees = asdict(verdict.claim), verdict.reproduced
    history = record.pop("history")
    notes = (verdict.note, "" if changed else history)
    finite = verdict.measured is not None and math.isfinite(verdict.measured)
    return record | {
        "measured": verdict.measured if finite else None,
        "reproduced": None if changed else agrees,
        "agrees": agrees,
        "changed": [*changed],
        "note": "; ".join(filter(None, notes)),
        "command": command,
    }


def _check(record: Mapping[str, Any]) -> None:
    """Refuse a record that is of no claim, or of no verdict."""
    told = {field.name: record[field.name] for field in fields(Claim) if field.name != "history"}
    kinds = {**dict.fromkeys((*told, "note", "command"), str), **KINDS}
    for name, kind in kinds.items():
        if not isinstance(record[name], kind):
            raise ValueError(f"{name}: {shown(record[name])}")
    Claim(**told)


def _unique(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = [dict(record) for record in records]
    if repeated := [name for name, n in Counter(row["id"] for row in rows).items() if n > 1]:
        raise ValueError(f"claim ids listed more than once: {repeated}")
    return rows
