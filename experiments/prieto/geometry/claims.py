"""What is claimed of the geometry of correlated features."""

import numpy as np

from experiments.prieto.geometry.measure import Geometry, off_diagonal_correlation
from experiments.statistics import mean
from superpos.app.claims.ledger import Origin, Row, Verdict, claims_of

WEAK, STRONG = 1.0, 6.0
"""Weight decays that the claims are about."""
ROWS: tuple[Row, ...] = (
    ("order", "circle, weight decay 6: the features go around in their order in the plane of the"
     " two largest components; share of widths m", ">=", 1, 0.1),
    ("circulant", "circle, weight decay 6: W Wᵀ is circulant; share of its variance off the"
     " diagonal that is by distance alone, mean over m", ">=", 0.9, 0),
    ("constructive", "circle, weight decay 6: features interfere as they are correlated;"
     " correlation of W Wᵀ with the covariance, mean over m", ">=", 0.9, 0),
    ("figure_eight", "figure of eight, weight decay 6: the plane shows (sin t, sin 2t); R², mean"
     " over m", ">=", 0.9, 0),
    ("order_of_data", "weight decay 6: independent features have no such order; share of widths on"
     " the circle less that of independent features", ">=", 1, 0.2),
    ("circulant_of_data", "weight decay 6: nor is their W Wᵀ circulant; share on the circle less"
     " that of independent features", ">=", 0.6, 0),
    ("decay", "circle: weight decay makes it more so; R² of the circle in the plane at 6 less that"
     " at 1, mean over m", ">=", 0, 0),
)  # fmt: skip
CLAIMS = claims_of(
    "prieto/geometry",
    ROWS,
    paper="Prieto et al. 2026, From Data Statistics to Feature Geometry (arXiv 2603.09972)",
    section="synthetic bags of words",
    setting="n=12 binary features, κ=10, b=0, m from 2 to 12, tied weights and ReLU, fresh samples",
    origin=Origin("paper", "before", "the threshold is ours"),
    but={
        key: Origin("control", "before", "the threshold is ours")
        for key in ("order_of_data", "circulant_of_data")
    },
)


def judge(measured: Geometry) -> list[Verdict]:
    """Verdicts; those on a weight decay that is not there are not run."""
    circle, eight, independent = (
        each.where(STRONG)
        for each in (measured.circle, measured.figure_eight, measured.independent)
    )
    similar = [off_diagonal_correlation(W @ W.T, measured.covariance) for W in circle.W]
    return [
        CLAIMS["order"].judge(mean(circle.ordered)),
        CLAIMS["circulant"].judge(mean(circle.circulant)),
        CLAIMS["constructive"].judge(mean(similar)),
        CLAIMS["figure_eight"].judge(mean(eight.explained)),
        CLAIMS["order_of_data"].judge(_less(circle.ordered, independent.ordered)),
        CLAIMS["circulant_of_data"].judge(_less(circle.circulant, independent.circulant)),
        CLAIMS["decay"].judge(_less(circle.explained, measured.circle.where(WEAK).explained)),
    ]


def _less(first: np.ndarray, second: np.ndarray) -> float | None:
    """The mean of the first less that of the second; None where there is none of either."""
    return float(first.mean() - second.mean()) if len(first) and len(second) else None
