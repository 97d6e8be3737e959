"""Whose claims hold: verdicts in words, and counts that keep the sources of claims apart."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

Source = Literal["paper", "paper_number", "theory", "ours", "control"]
SOURCES: Mapping[str, str] = {
    "paper": "statement of the paper",
    "paper_number": "number printed in the paper",
    "theory": "mathematics",
    "ours": "expectation of our own",
    "control": "control",
}
"""Source of a claim -> what it is, in the order in which claims are shown."""
CITED = ("paper", "section", "setting")
"""What says where a claim is from, and of what."""
OF_PAPERS = ("paper", "paper_number")
"""Sources whose claims the headline counts."""
Mark = Literal["yes", "no", "unrun", "agrees", "differs"]
WORDS: Mapping[Mark, str] = {
    "yes": "reproduced",
    "no": "NOT reproduced",
    "unrun": "not run",
    "agrees": "other setting: agrees",
    "differs": "other setting: differs",
}
"""Verdict -> words."""

REST: Mapping[Mark, str] = {
    "no": "not reproduced",
    "unrun": "not run",
    "agrees": "agree at another setting",
    "differs": "differ at another setting",
}
"""Verdict -> words of a count, but for the first."""
Record = Mapping[str, Any]


def mark(record: Record) -> Mark:
    """The verdict of a record: one of WORDS."""
    if record["reproduced"] is not None:
        return "yes" if record["reproduced"] else "no"
    agrees = record.get("agrees")
    return "unrun" if agrees is None else "agrees" if agrees else "differs"


def holds(record: Record) -> bool:
    """Whether the claim is reproduced, or agrees at another setting."""
    return mark(record) in ("yes", "agrees")


def counted(records: Iterable[Record], *sources: str) -> list[Record]:
    """The records that are counted, of some sources or of all: identities are not."""
    return [
        record
        for record in records
        if not record["identity"] and record["source"] in (sources or SOURCES)
    ]


def by_source(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Source -> its records, those of papers first; without sources that have none."""
    groups = {name: [r for r in records if r["source"] == name] for name in SOURCES}
    return {name: found for name, found in groups.items() if found}


class Group(NamedTuple):
    """Claims of one source, paper, section and setting.

    Attributes:
        source: of all.
        cited: paper, section and setting, but for what all claims of the table share.
        rows: of the table, each with its record first.
    """

    source: Source
    cited: str
    rows: list[Sequence[Any]]


def grouped(rows: Sequence[Sequence[Any]]) -> list[Group]:
    """The rows of a table by source, paper, section and setting, those of papers first."""
    shared = shared_parts([row[0] for row in rows])
    own = [part for part in CITED if part not in shared]
    groups: dict[tuple[str, ...], Group] = {}
    for row in sorted(rows, key=lambda row: [*SOURCES].index(row[0]["source"])):
        record = row[0]
        key = (record["source"], *(record[part] for part in CITED))
        groups.setdefault(key, Group(record["source"], cited(record, own), [])).rows.append(row)
    return [*groups.values()]


def shared_parts(records: Sequence[Record]) -> list[str]:
    """Which of paper, section and setting are the same of all claims."""
    return [part for part in CITED if len({record[part] for record in records}) == 1]


def cited(record: Record, parts: Sequence[str] = CITED) -> str:
    """Paper, section and setting of a claim, or some of these, in a line; "-" is no section."""
    named = [record[part] for part in parts if part != "setting"]
    place = ", ".join(part for part in named if part != "-")
    return " · ".join(filter(None, [place, record["setting"] if "setting" in parts else ""]))


def headline(records: Sequence[Record]) -> str:
    """How many statements of papers hold, and beside them how many claims of each other source."""
    papers = counted(records, *OF_PAPERS)
    marks = [mark(record) for record in papers]
    parts = [f"{marks.count('yes')} of {len(papers)} claims of papers reproduced"]
    parts += [f"{marks.count(name)} {words}" for name, words in REST.items() if name in marks]
    line = ", ".join(parts) if papers else "No claims of papers"
    beside = {name: counted(records, name) for name in SOURCES if name != "paper"}
    listed = [
        f"{SOURCES[name]} {sum(map(holds, found))} of {len(found)}"
        for name, found in beside.items()
        if found
    ]
    if numbers := beside["paper_number"]:
        listed[0] = f"{sum(map(holds, numbers))} of {len(numbers)} printed numbers among them"
    if identities := len(records) - len(counted(records)):
        listed.append(f"identities, not counted: {identities}")
    return "; ".join([line, *listed])
