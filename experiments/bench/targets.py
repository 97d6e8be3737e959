"""What was aimed at, written down before it was measured, and whether it is met."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Target(NamedTuple):
    """superpos is to be at least so many times faster than a peer at a case, on a CPU."""

    case: str
    peer: str
    at_least: float


TARGETS = (
    Target("5→2 x 100", "torch eager", 20.0),
    Target("5→2 x 100", "jax vmap of scan", 20.0),
    Target("400→30 x 8", "torch eager", 4.0),
    Target("400→30 x 8", "jax vmap of scan", 4.0),
)
BLOCK_COST_PERCENT = 3.0
MET, MISSED, NOT_MEASURED = "met", "missed", "not measured"


def verdict(measured: float | None, at_least: float) -> str:
    """Whether a number is as large as it was to be."""
    if measured is None:
        return NOT_MEASURED
    return MET if measured >= at_least else MISSED


def ratio(row: Mapping[str, Any], ours: str, peer: str) -> float | None:
    """How many times faster superpos is at a case; None when one of them was not measured."""
    us = row["us_per_model_step"]
    return us[peer] / us[ours] if us.get(ours) and us.get(peer) else None


def judged(rows: Sequence[Mapping[str, Any]], ours: Sequence[str]) -> list[dict[str, Any]]:
    """Each target with what was measured, for each way of running superpos."""
    by_case = {row["case"]: row for row in rows}
    found = []
    for target in TARGETS:
        row = by_case.get(target.case, {"us_per_model_step": {}})
        for name in ours:
            measured = ratio(row, name, target.peer)
            mark = verdict(measured, target.at_least)
            found.append({**target._asdict(), "ours": name, "measured": measured, "verdict": mark})
    return found


def cheap_block(rows: Sequence[Mapping[str, Any]]) -> int | None:
    """The shortest block from which on every measured length costs less than it may."""
    cheap = None
    for row in sorted(rows, key=lambda row: -row["block"]):
        if row["cost_percent"] >= BLOCK_COST_PERCENT:
            break
        cheap = row["block"]
    return cheap
