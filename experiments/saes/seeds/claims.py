"""What is claimed of the agreement between seeds."""

import numpy as np
import scipy

from experiments.saes.seeds.measure import Agreement, Agreements
from superpos.app.claims.ledger import Origin, Verdict, claims_of

PAPER_L1, PAPER_K = 0.01, 3
"""The settings of the paper."""
RIGHT = 0.8
"""MCC from which on a dictionary is taken to have found something that one can choose by."""

SETTING = (
    "d=16, 32 features, 3 on (on average; exactly 3), uniform values of the mean of |N|, fresh"
    " examples (50,000), 3,000 updates of 1e-3 (30,000 of 1e-4), 5 seeds, 32 latents"
)
CLAIMS = claims_of(
    "saes/seeds",
    (
        ("topk_above_l1", "seeds of TopK with the true k agree more than those of L1 at 0.01;"
         " difference of PW-MCC", ">=", 0.02, 0),
        ("follows", "the agreement of seeds follows the true MCC, over all settings and the course"
         " of training; correlation", ">=", 0.9, 0),
    ),
    paper="arXiv 2505.20254, Position: mechanistic interpretability should prioritize feature"
    " consistency in SAEs",
    section="Synthetic model organism",
    setting=SETTING,
    origin=Origin("paper", "before"),
) | claims_of(
    "saes/seeds",
    (
        ("fair", "TopK with the true k is also ahead of L1 at the best of its coefficients;"
         " difference of the true MCC", ">=", 0, 0),
        ("true_k", "of all k the true one finds the features best; its MCC minus the largest",
         ">=", -0.02, 0),
        ("chosen", "a setting that is chosen by the agreement of seeds is nearly the best one;"
         " largest loss of MCC over both kinds", "<=", 0.03, 0),
    ),
    paper="our own",
    section="-",
    setting=SETTING,
    origin=Origin("ours", "before"),
)  # fmt: skip


def judge(measured: Agreements) -> list[Verdict]:
    """Verdicts at the end of training, and over its course; None without the paper's settings."""
    l1, topk = measured.l1, measured.topk
    of_l1, of_k = l1.at(PAPER_L1), topk.at(PAPER_K)
    both = np.concatenate([each.seeds.ravel() for each in (l1, topk)])
    truths = np.concatenate([each.truth.ravel() for each in (l1, topk)])
    known = ~np.isnan(both)
    ends = "; ".join(f"{name} {_listed(each)}" for name, each in (("L1", l1), ("k", topk)))
    right = min(each.truth[:, -1].max() for each in (l1, topk)) >= RIGHT
    difference = fair = true_k = None
    if of_k is not None:
        at_k = topk.truth[of_k, -1]
        fair = at_k - l1.truth[:, -1].max() if right else np.nan
        true_k = at_k - topk.truth[:, -1].max() if right else np.nan
        difference = None if of_l1 is None else topk.seeds[of_k, -1] - l1.seeds[of_l1, -1]
    return [
        CLAIMS["topk_above_l1"].judge(difference, f"PW-MCC and MCC: {ends}"),
        CLAIMS["follows"].judge(
            scipy.stats.pearsonr(both[known], truths[known]).statistic if known.sum() > 2 else None
        ),
        CLAIMS["fair"].judge(fair),
        CLAIMS["true_k"].judge(true_k),
        CLAIMS["chosen"].judge(max(_loss(l1), _loss(topk)) if right else np.nan),
    ]


def _loss(found: Agreement) -> float:
    """MCC of the best setting minus that of the setting whose seeds agree most."""
    truth, seeds = found.truth[:, -1], found.seeds[:, -1]
    if np.isnan(seeds).any():
        return np.nan
    return float(truth.max() - truth[np.argmax(seeds)])


def _listed(found: Agreement) -> str:
    columns = zip(found.setting, found.seeds[:, -1], found.truth[:, -1], strict=True)
    return ", ".join(f"{x:.3g}: {seeds:.2f} {truth:.2f}" for x, seeds, truth in columns)
