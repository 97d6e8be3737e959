"""What is claimed of effective compute at toy scale."""

import numpy as np

from experiments.triggers.effective_compute.measure import FACTOR, Gains
from superpos.app.claims.ledger import Origin, Verdict, claims_of

LEAST, MOST = 1.3, 4.0
"""Gains of an improved recipe that are expected."""
RATIO = 1.5
"""A budget is read to this factor."""

CLAIMS = claims_of(
    "triggers/effective_compute",
    (
        ("read", "a law of all budgets but the largest reads the largest off its loss up to a"
         " factor of 1.5: log2 of the ratio", "=", 0, float(np.log2(RATIO))),
        ("control", "other seeds of the baseline are no improvement: median over budgets of log2 of"
         " effective compute over FLOPs", "=", 0, float(np.log2(LEAST))),
        ("gain", "a falling learning rate is worth 1.3 to 4 times the compute: median over budgets"
         " of log2 of effective compute over FLOPs", "=", float(np.log2(LEAST * MOST) / 2),
         float(np.log2(MOST / LEAST) / 2)),
        ("sure", "the gain is not the noise of the law: least over budgets of the lower end of its"
         " 95 % interval by the bootstrap", ">=", 1, 0),
        ("late", "4 times the effective compute of an evaluated baseline is reached well before a"
         " counter of FLOPs says so: FLOPs there over FLOPs where it does, median over anchors",
         "<=", 1 / LEAST, 0),
        ("overshoot", "where the counter says so, effective compute has grown by more than 4 times:"
         " median over anchors", ">=", LEAST * FACTOR, 0),
    ),
    paper="Anthropic, Responsible Scaling Policy 1.0",
    section="Evaluation Protocol",
    setting="autoencoders of 64 features in 16 dimensions, densities as 1/i; baseline: Adam at"
    " 3e-3, six budgets of 250 to 8,000 updates, 4 seeds for the law and 4 held out; improved: the"
    " same with a cosine to 0, four budgets of 250 to 2,000, 8 seeds",
    origin=Origin("ours", "before"),
)  # fmt: skip


def judge(measured: Gains | None) -> list[Verdict]:
    """Verdicts; not run where there are too few budgets or seeds."""
    if measured is None:
        return [claim.judge(None) for claim in CLAIMS.values()]
    with np.errstate(divide="ignore"):
        gain = np.log2(measured.compute / measured.flops)
        control = np.log2(measured.control)
        read = np.log2(measured.read)
    listed = ", ".join(f"{value:.3g}" for value in measured.compute / measured.flops)
    found = {
        "read": (read, _law_text(measured)),
        "control": (np.median(control), ""),
        "gain": (np.median(gain), f"gains from the shortest run up: {listed}"),
        "sure": ((measured.interval[0] / measured.flops).min(), ""),
        "late": (_median(measured.on_time), ""),
        "overshoot": (_median(measured.overshoot), ""),
    }
    return [CLAIMS[name].judge(*verdict) for name, verdict in found.items()]


def _law_text(measured: Gains) -> str:
    law = measured.law
    if law is None:
        return "the loss is no power law of compute"
    return f"L = {law.irreducible:.3g} + ({law.scale:.3g} / C)^{law.exponent:.3g}, C in FLOPs"


def _median(values: np.ndarray) -> float | None:
    return float(np.median(values)) if values.size else None
