"""What is claimed of rewards under optimisation."""

import numpy as np

from experiments.values.goodhart.measure import Goodhart, Shifted
from superpos.app.claims.ledger import Origin, Verdict, claims_of

OFTEN = 0.95
"""How often a correlate is a copy, where learners are compared."""
UNTRAINED = "true of networks that learned nothing, too"
OTHER = "expected before any run, and so in a first one, of other seeds of the pointer"
CLAIMS = claims_of(
    "values/goodhart",
    (
        ("spent", "all rewards spend the same KL budget; largest relative difference", "<=", 0,
         0.01),
        ("never_falls", "errors that are independent of the value cost a part of its gain, but more"
         " optimisation never lowers it: least ratio of the true value at the largest budget to the"
         " largest at any", ">=", 0.95, 0),
        ("no_telling", "where correlates always come along labels cannot tell them from values:"
         " least that a reward from 4,096 labels loses in regret where they no longer do", ">=",
         0.2, 0),
    ),
    paper="Gao, Schulman & Hilton 2023, Scaling Laws for Reward Model Overoptimization",
    section="regressional Goodhart",
    setting="32 concepts, 64 to 4,096 labels, budgets from 0.25 to 5 nats, 4,096 items",
    origin=Origin("theory", "before"),
    but={
        "spent": Origin("control", "before", identity=True),
        "never_falls": Origin("theory", "before", UNTRAINED, identity=True),
        "no_telling": Origin("theory", "after", f"first of the regret alone; that was {UNTRAINED}"),
    },
) | claims_of(
    "values/goodhart",
    (
        ("learned_breaks", "a dense reward from 512 labels loses where correlates break that came"
         f" along in {OFTEN:.0%} of items: its regret there less that before", ">=", 0.1, 0),
        ("pointer_holds", "a pointer loses nothing where correlates break, as its network read of"
         " both by their names; largest difference of regrets", "<=", 0, 0.05),
        ("pointer_misled", "control: a pointer loses there, too, where its network never read of"
         " one without the other; difference of regrets", ">=", 0.2, 0),
    ),
    paper="our own",
    section="correlates that break",
    setting="32 concepts, two valued ones with a correlate each, KL budget 2 nats, 1,024 items",
    origin=Origin("ours", "before"),
    but={
        "pointer_holds": Origin("ours", "after", OTHER),
        "pointer_misled": Origin("control", "after", OTHER),
    },
)  # fmt: skip


def judge(measured: Goodhart) -> list[Verdict]:
    """Verdicts; those on numbers of labels or correlations that are not there are not run."""
    rows = measured.optimised
    spent = max(float(np.max(np.abs(each.kl / measured.budgets - 1))) for each in rows)
    kept = {each.value[-1] / each.value.max(): each for each in rows}
    least = kept[min(kept)]
    note = f"{least.learner}, {least.n_labels:g} labels, named share {least.named_share:g}"
    always = [_at(each, 1.0) for each in measured.shifted if each.n_labels == 4096]
    dense = [each for each in measured.shifted if (each.learner, each.n_labels) == ("dense", 512)]
    pointer, misled = (
        [each for each in measured.shifted if each.learner == name]
        for name in ("pointer", "misled pointer")
    )
    return [
        CLAIMS["spent"].judge(spent),
        CLAIMS["never_falls"].judge(min(kept), note),
        CLAIMS["no_telling"].judge(
            min((shifted - before for before, shifted in filter(None, always)), default=None)
        ),
        CLAIMS["learned_breaks"].judge(*_difference(dense)),
        CLAIMS["pointer_holds"].judge(
            max((float(np.abs(each.shifted - each.regret).max()) for each in pointer), default=None)
        ),
        CLAIMS["pointer_misled"].judge(*_difference(misled)),
    ]


def _at(row: Shifted, correlation: float) -> tuple[float, float] | None:
    """Regret as it was and where correlates break; None where there is no such correlation."""
    found = np.flatnonzero(np.isclose(row.correlation, correlation))
    return (float(row.regret[found[0]]), float(row.shifted[found[0]])) if found.size else None


def _difference(rows: list[Shifted]) -> tuple[float | None, str]:
    both = _at(rows[0], OFTEN) if rows else None
    return (both[1] - both[0], f"from {both[0]:.3f} to {both[1]:.3f}") if both else (None, "")
