"""What was aimed at, written down before it was measured, and whether it is met."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Ratio(NamedTuple):
    """superpos is to be at least so many times faster than a peer at a case."""

    case: str
    peer: str
    at_least: float


class Rate(NamedTuple):
    """superpos is to do at least so many million model-steps a second at a case."""

    case: str
    at_least: float


CPU_TARGETS = (
    Ratio("5→2 x 100", "torch eager", 20.0),
    Ratio("5→2 x 100", "jax vmap of scan", 20.0),
    Ratio("20→5 x 100", "torch eager", 15.0),
    Ratio("400→30 x 8", "torch eager", 8.0),
    Ratio("400→30 x 8", "jax vmap of scan", 4.0),
)
GPU_TARGETS = (
    Rate("5→2 x 10", 3.0),
    Rate("5→2 x 1,000", 20.0),
    Rate("400→30 x 64", 0.4),
)
"""Of an H100."""
BLOCK_COST_PERCENT = 3.0
PART_OF_PEAK = 0.6
"""That products are to reach, on a CPU."""
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


def rate(row: Mapping[str, Any], ours: str) -> float | None:
    """Million model-steps a second at a case; None when it was not measured."""
    us = row["us_per_model_step"].get(ours)
    return 1 / us if us else None


def judged(
    rows: Sequence[Mapping[str, Any]],
    ours: Sequence[str],
    targets: Sequence[Ratio | Rate],
) -> list[dict[str, Any]]:
    """Each target with what was measured, for each way of running superpos that was."""
    by_case = {row["case"]: row for row in rows}
    found = []
    for target in targets:
        row = by_case.get(target.case, {"us_per_model_step": {}})
        for name in ours:
            if isinstance(target, Ratio):
                what, measured = f"{name} / {target.peer}", ratio(row, name, target.peer)
            else:
                what, measured = f"{name}, million model-steps/s", rate(row, name)
            found.append(
                {
                    "case": target.case,
                    "what": what,
                    "at_least": target.at_least,
                    "measured": measured,
                    "verdict": verdict(measured, target.at_least),
                }
            )
    return found


def cheap_block(rows: Sequence[Mapping[str, Any]]) -> int | None:
    """The shortest block from which on every measured length costs less than it may."""
    cheap = None
    for row in sorted(rows, key=lambda row: -row["block"]):
        if row["cost_percent"] >= BLOCK_COST_PERCENT:
            break
        cheap = row["block"]
    return cheap
