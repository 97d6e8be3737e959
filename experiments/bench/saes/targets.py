"""What was aimed at, written down before it was measured, and whether it is met."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from experiments.bench.targets import verdict

OURS = "superpos, one stream"
SAELENS = "SAELens"
PEAK = "part of the peak"


class Target(NamedTuple):
    """superpos is to be so many times faster than SAELens, or to reach so much of the peak."""

    case: str
    what: str
    at_least: float


TARGETS = (
    Target("16→32 L1 x 16", SAELENS, 10.0),
    Target("64→256 L1 x 16", SAELENS, 4.0),
    Target("64→256 TopK x 16", SAELENS, 4.0),
    Target("256→1,024 L1 x 16", PEAK, 0.75),
    Target("256→1,024 TopK x 16", SAELENS, 1.5),
    Target("64→256 L1 x 16, 1,024 features", SAELENS, 8.0),
)


def judged(rows: Sequence[Mapping[str, Any]], peak_gflops: float) -> list[dict[str, Any]]:
    """Each target with what was measured.

    Args:
        rows: `case`, `flops`, `products_us` and `us_per_sae_sample` of each case.
        peak_gflops: billions of operations a second that products reach.
    """
    by_case = {row["case"]: row for row in rows}
    found = []
    for target in TARGETS:
        row = by_case.get(target.case)
        measured = by_products = None
        if row is not None:
            measured = _measured(row, target.what, peak_gflops)
            by_products = None if measured is None else measured * _slower(row)
        found.append(
            {
                **target._asdict(),
                "measured": measured,
                "by_products": by_products,
                "verdict": verdict(measured, target.at_least),
            }
        )
    return found


def _slower(row: Mapping[str, Any]) -> float:
    """How many times longer superpos takes than its products alone."""
    return row["us_per_sae_sample"][OURS] / row["products_us"]


def part_of_peak(row: Mapping[str, Any], peak_gflops: float) -> float:
    """Of the operations that the machine can do, those of the five dense products."""
    return row["flops"] / (1e3 * row["us_per_sae_sample"][OURS]) / peak_gflops


def _measured(row: Mapping[str, Any], what: str, peak_gflops: float) -> float | None:
    if what == PEAK:
        return part_of_peak(row, peak_gflops)
    us = row["us_per_sae_sample"]
    return us[what] / us[OURS] if what in us else None
