"""What is claimed of labels that tell which names are meant."""

from collections.abc import Mapping

import numpy as np

from experiments.values.curves import Curve
from experiments.values.names.measure import Names
from superpos.app.claims.ledger import Origin, Verdict, claims_of

OPEN = 1.0
"""Bits that labels leave open where they have told which names are meant."""
LIMIT = 0.2
"""The regret that labels are counted for."""
FIRST = (
    "expected before any run; in a first one, of up to 256 labels, near failed too, and regret was"
    " 1.17"
)
CLAIMS = claims_of(
    "values/names",
    (
        ("bits", "labels that tell which s names are meant are as many for each bit of"
         " log2 C(32, s) at every s: largest over smallest", "<=", 1.5, 0),
        ("least", "they are no fewer than what they tell at most: least ratio of labels to the bits"
         " over those of a label", ">=", 1, 0.05),
        ("near", "they are not many more: largest ratio", "<=", 2, 0),
        ("regret", "the labels until the regret is 0.2 grow with the bits, too: labels for each"
         " bit, largest over smallest", "<=", 1.5, 0),
        ("ends", "all labels tell which names are meant: largest regret", "<=", 0.05, 0),
    ),
    paper="our own",
    section="an ambiguous pointer",
    setting="s = 2, 3, 4 of 32 concepts, p = 0.1, items of 96 inputs, KL budget 2 nats; labels"
    f" until {OPEN:g} bit is open",
    origin=Origin("theory", "after", FIRST),
    but={"ends": Origin("ours", "after", FIRST)},
)  # fmt: skip


def told(measured: Names) -> dict[int, float]:
    """Number of names -> labels until no more than OPEN bits are open."""
    return {s: each.reach(OPEN) for s, each in measured.left.items()}


def least(measured: Names) -> dict[int, float]:
    """Number of names -> bits that are to be told, over those that a label tells at most."""
    return {s: (bits - OPEN) / measured.label[s] for s, bits in measured.bits.items()}


def judge(measured: Names) -> list[Verdict]:
    """Verdicts; those on ratios between numbers of names are not run for one alone."""
    of, labels, bound = CLAIMS, told(measured), least(measured)
    ratio = {s: each / bound[s] for s, each in labels.items()}
    note = "; ".join(f"s = {s}: {n:.0f} labels, {bound[s]:.1f} at least" for s, n in labels.items())
    return [
        of["bits"].judge(*_per_bit(measured, labels)),
        of["least"].judge(min(ratio.values()), note),
        of["near"].judge(max(ratio.values()), note),
        of["regret"].judge(*_per_bit(measured, _reached(measured.regret))),
        of["ends"].judge(max(each.mean[-1] for each in measured.regret.values())),
    ]


def _reached(curves: Mapping[int, Curve]) -> dict[int, float]:
    return {s: each.reach(LIMIT) for s, each in curves.items()}


def _per_bit(measured: Names, labels: Mapping[int, float]) -> tuple[float | None, str]:
    """Labels for each bit, largest over smallest; nan where some are never enough."""
    if len(labels) < 2:
        return None, ""
    found = {s: each / measured.bits[s] for s, each in labels.items()}
    note = "; ".join(
        f"s = {s}: {labels[s]:.0f} labels for {measured.bits[s]:.1f} bits" for s in labels
    )
    most, fewest = max(found.values()), min(found.values())
    return (most / fewest if np.isfinite(most) else np.nan), note
