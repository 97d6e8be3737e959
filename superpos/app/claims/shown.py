"""Records of claims laid out for a reader: the table of the terminal, and numbers as texts."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from superpos.app.claims.counts import SOURCES, WORDS, by_source, mark
from superpos.app.claims.ledger import SIGNS

STYLES = {"yes": "blue", "no": "yellow", "unrun": "dim", "agrees": "dim", "differs": "dim"}


def table(records: Sequence[Mapping[str, Any]]) -> Table:
    """Lay records out for the terminal, one row a claim, those of a source together."""
    grid = Table(Column("claim", overflow="fold"), "written", "claimed", "measured", "verdict")
    for source, found in by_source(records).items():
        grid.add_section()
        grid.add_row(Text(f"{SOURCES[source]}, {len(found)}", style="bold"))
        for record in found:
            bound = f"{SIGNS[record['relation']]} {number_text(record['claimed'])}"
            bound += f" (tol {number_text(record['tolerance'])})"
            verdict = Text(WORDS[mark(record)], style=STYLES[mark(record)])
            name, when = Text(record["id"]), written_text(record)
            grid.add_row(name, when, bound, measured_text(record), verdict)
    return grid


def written_text(record: Mapping[str, Any]) -> str:
    """Whether a claim is older than a run that was seen, and whether it is an identity."""
    return f"{record['written']}, identity" if record["identity"] else record["written"]


def number_text(value: float) -> str:
    """Format a number for a reader: whole numbers whole, others to four digits."""
    if float(value).is_integer() and abs(value) < 1e9:
        return f"{int(value):,}"
    return f"{value:.4g}".replace("e+", "e").replace("e0", "e").replace("e-0", "e-")


def held_text(record: Mapping[str, Any]) -> str:
    """The measured values for which a claim holds, in words."""
    claimed, tolerance = record["claimed"], record["tolerance"]
    low, high = number_text(claimed - tolerance), number_text(claimed + tolerance)
    if record["relation"] == "=":
        return f"holds from {low} to {high}" if tolerance else f"holds at {low} alone"
    return f"holds from {low} up" if record["relation"] == ">=" else f"holds up to {high}"


def measured_text(record: Mapping[str, Any]) -> str:
    """Format what was measured; a dash when the claim was not run."""
    if record["measured"] is not None:
        return number_text(record["measured"])
    return "—" if mark(record) == "unrun" else "not finite"
