"""What the introduction shows of the sequence of geometries."""

import numpy as np

from experiments.elhage.geometry import cosines, digon_cosine, pentagon_deviation, represented
from experiments.elhage.intro.measure import Geometries
from superpos.app.claims.ledger import Origin, Verdict, claims_of, settle

CLAIMS = claims_of(
    "elhage/intro",
    (
        ("dense_count", "dense features: two are represented", "=", 2, 0),
        ("orthogonal", "dense features: the largest |cos| between the two features represented is"
         " 0", "<=", 0, 0.1),
        ("digons", "in between, four features form two antipodal pairs: at some density the larger"
         " cosine of the two pairs is -1", "<=", -1, 0.05),
        ("pentagon", "sparse features: five directions, the angular gap furthest from 72 degrees"
         " differs from it by 0", "<=", 0, 10),
        ("rising", "the number of represented features is larger for sparse features than for"
         " dense ones, and never falls on the way; least change", ">=", 0, 0),
    ),
    paper="Elhage et al. 2022, Toy Models of Superposition",
    section="introduction, figure of feature directions",
    setting="n=5, m=2, I=0.9^i, p from 1 to 1/20, best of 10 instances",
    origin=Origin("paper", "before"),
    but={
        "rising": Origin("ours", "after", "that the number rises at all was added after a run"),
    },
)  # fmt: skip


def judge(measured: Geometries) -> list[Verdict]:
    """Verdicts on the sequence; what needs more densities than there are is not run."""
    W, counts = measured.W, measured.n_represented
    dense = cosines(W[0])[np.ix_(represented(W[0]), represented(W[0]))]
    off_diagonal = dense[~np.eye(len(dense), dtype=bool)]
    rises = np.diff(counts)
    verdicts = [
        CLAIMS["dense_count"].judge(counts[0]),
        CLAIMS["orthogonal"].judge(np.abs(off_diagonal).max() if off_diagonal.size else None),
        CLAIMS["digons"].judge(min((digon_cosine(w) for w in W), default=None)),
        CLAIMS["pentagon"].judge(pentagon_deviation(W[-1]), f"{counts[-1]} represented"),
        CLAIMS["rising"].judge(
            (rises.min() if rises.sum() > 0 else np.nan) if rises.size else None, f"counts {counts}"
        ),
    ]
    return settle(verdicts, measured.fragile)
