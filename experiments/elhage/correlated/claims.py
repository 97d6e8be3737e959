"""What the paper shows of sets of features, and of the way to principal components."""

import numpy as np

from experiments.elhage.correlated.measure import THRESHOLDS, Collapse, Sets, onset, side_by_side
from experiments.elhage.geometry import cosines, represented
from superpos.app.claims.ledger import Origin, Verdict, claims_of, settle

PAPER = "Elhage et al. 2022, Toy Models of Superposition"
SECTION = "Correlated and Anticorrelated Features"
READING = (
    "compared at first with 0.25, from which on the paper calls models most PCA-like but one; 0.5"
    " is where it calls them pure PCA"
)
ENDS = "the densities end at 0.8 since an exploratory run that ended at 1"
"""A setting that was fixed after a run was seen."""

PAIRS = claims_of(
    "elhage/correlated",
    (
        ("orthogonal", "two sets of two correlated features: the larger |cos| within a set is 0",
         "<=", 0, 0.1),
        ("antipodal", "two sets of two anticorrelated features: the larger cosine within a set is"
         " -1", "<=", -1, 0.05),
    ),
    paper=PAPER,
    section=SECTION,
    setting="n=4, m=2, p=0.05, best of several fits",
    origin=Origin("paper", "before"),
)  # fmt: skip
LOCAL = claims_of(
    "elhage/correlated",
    (
        ("local_bases", "two sets of ten correlated features, each an almost orthogonal basis: mean"
         " |entry| of W Wᵀ off its diagonal, within a set", "<=", 0, 0.1),
        ("not_global", "the sets are not orthogonal to each other: root mean square entry of W Wᵀ"
         " across sets over that within", ">=", 2, 0),
    ),
    paper=PAPER,
    section=SECTION,
    setting="n=20, m=10, p=0.05, best of several fits",
    origin=Origin("paper", "before"),
)  # fmt: skip
SPARSE = claims_of(
    "elhage/correlated",
    (
        ("side_by_side", "three sets of two correlated features: sets whose features are neighbours"
         " in angle", "=", 3, 0),
        ("none", "sparse: sets collapsed, which the figure has none of below p = 0.05", "=", 0, 0),
    ),
    paper=PAPER,
    section=SECTION,
    setting="n=6, m=2, p=0.02, best of several fits",
    origin=Origin("paper", "before"),
    but={"none": Origin("paper_number", "before")},
)  # fmt: skip
COURSE = claims_of(
    "elhage/correlated",
    (
        ("rising", "three sets of two: the number of sets collapsed to their principal component"
         " never falls as density rises; least change", ">=", 0, 0),
        *((f"collapse_{count}", f"{count} of three sets collapse from p = {p} on, within a factor"
           " 1.5: log of the measured density over it", "=", 0, 0.405)
          for count, p in THRESHOLDS.items()),
    ),
    paper=PAPER,
    section=SECTION,
    setting="n=6, m=2, p from 0.02 to 0.8, best of several fits",
    origin=Origin("paper_number", "before"),
    but={
        "rising": Origin("ours", "after", ENDS),
        "collapse_3": Origin("paper_number", "after", READING),
    },
)  # fmt: skip
DENSE = claims_of(
    "elhage/correlated",
    (("all", "dense: sets collapsed, as in PCA, which the figure has from p = 0.5 on", "=", 3, 0),),
    paper=PAPER,
    section=SECTION,
    setting="n=6, m=2, p=0.8, best of several fits",
    origin=Origin("paper_number", "after", ENDS),
)
CLAIMS = PAIRS | LOCAL | SPARSE | COURSE | DENSE


def judge(measured: Sets) -> list[Verdict]:
    """Verdicts on the best models of each variant."""
    orthogonal = np.abs(_cosines_of_pairs(measured.correlated)).max()
    antipodal = _cosines_of_pairs(measured.anticorrelated).max()
    verdicts = {
        "correlated": [CLAIMS["orthogonal"].judge(orthogonal)],
        "anticorrelated": [CLAIMS["antipodal"].judge(antipodal)],
        "local": _judge_local(measured.local),
        "pca": _judge_collapse(measured.collapse),
    }
    return [
        verdict
        for name, found in verdicts.items()
        for verdict in settle(found, measured.fragile.get(name))
    ]


def _judge_local(W: np.ndarray) -> list[Verdict]:
    """Verdicts on two sets of as many features, W (n, m)."""
    within, across = _split(W, len(W) // 2)
    ratio = np.linalg.norm(across) / max(np.linalg.norm(within), 1e-9)
    ratio *= np.sqrt(within.size / across.size)
    return [
        CLAIMS["local_bases"].judge(np.abs(within).mean()),
        CLAIMS["not_global"].judge(ratio),
    ]


def _judge_collapse(collapse: Collapse) -> list[Verdict]:
    """Verdicts on three pairs; those that need a density that is not there are not run."""
    p, counts = collapse.densities, collapse.counts
    sparse, dense = np.isclose(p[0], 0.02), np.isclose(p[-1], 0.8)
    note = ", ".join(f"p={value:.3g}: {count}" for value, count in zip(p, counts, strict=True))
    return [
        CLAIMS["side_by_side"].judge(side_by_side(collapse.W[0]) if sparse else None),
        CLAIMS["rising"].judge(np.diff(counts).min() if len(p) > 1 else None, note),
        CLAIMS["none"].judge(counts[0] if sparse else None),
        CLAIMS["all"].judge(counts[-1] if dense else None),
        *(
            CLAIMS[f"collapse_{count}"].judge(
                _log_ratio(onset(collapse, count), claimed) if len(p) > 1 else None
            )
            for count, claimed in THRESHOLDS.items()
        ),
    ]


def _cosines_of_pairs(W: np.ndarray) -> np.ndarray:
    """Cosines of rows (0, 1) and (2, 3) of W (4, 2), (2,); 1 unless all four are represented."""
    return cosines(W)[[0, 2], [1, 3]] if represented(W).all() else np.ones(2)


def _log_ratio(measured: float | None, claimed: float) -> float:
    """Log of a measured density over the one claimed; nan where sets never collapse there."""
    return np.nan if measured is None else float(np.log(measured / claimed))


def _split(W: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Entries of W Wᵀ off its diagonal, within sets and across."""
    gram, sets = W @ W.T, np.arange(len(W)) // size
    same = sets[:, None] == sets
    return gram[same & ~np.eye(len(W), dtype=bool)], gram[~same]
