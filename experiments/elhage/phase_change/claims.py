"""Whether training finds the exact optimum, and the phases of the paper."""

import numpy as np

from experiments.elhage.phase_change.measure import (
    Diagram,
    interior,
    jump_along_density,
    n_regions,
)
from superpos.app.claims.ledger import Claim, Origin, Row, Verdict, claims_of, settle

JUMP_AT = 0.181
"""Where the exact optimum's |w2| jumps along p at relative importance 0.1."""
ON_TEN = (
    "not reproduced while all points shared their starts: of those ten too few began with weights"
    " of opposite sign, and a whole region missed the antipodal optimum"
)
"""On a claim that hangs on the starts."""
ROWS: tuple[Row, ...] = (
    ("loss", "the best of the trained models is as good as the exact optimum at every point:"
     " largest excess of its loss, relative", "<=", 0, 0.01),
    ("loss_of_10", "the best of the first ten restarts alone is as good as the exact optimum at"
     " every point: largest excess of its loss, relative", "<=", 0, 0.01),
    ("phase", "training finds the phase of the exact optimum: share of the points more than one"
     " cell from a boundary where the two agree", ">=", 0.95, 0),
    ("closed_form", "the closed-form losses are those of sampled data: largest relative deviation"
     " of Monte Carlo from them", "<=", 0, 0.002),
    ("regions", "the extra feature is ignored, has its own dimension, or is in superposition, each"
     " somewhere on the grid: how many of the three there are", "=", 3, 0),
    ("jump", "the phase changes at once: largest fall of |w2|, the weight of the extra feature,"
     " between neighbouring densities at r = 0.1", ">=", 0.5, 0),
    ("jump_at", "the largest fall of |w2| at r = 0.1 is at the density p = 0.181, to a grid cell",
     "=", JUMP_AT, 0.045),
)  # fmt: skip
"""The claims at every size."""


def claims_at(n_features: int, n_restarts: int) -> dict[str, Claim]:
    """The claims on so many features and restarts."""
    return claims_of(
        "elhage/phase_change" if n_features == 2 else "elhage/phase_change_3",
        ROWS,
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="Superposition as a Phase Change",
        setting=f"n={n_features}, m={n_features - 1}, best of {n_restarts} restarts, p by r grid",
        origin=Origin("ours", "before"),
        but={
            "closed_form": Origin("theory", "before", identity=True),
            "loss_of_10": Origin("ours", "after", ON_TEN),
            "regions": Origin("paper", "before"),
            "jump": Origin("paper", "before"),
            "jump_at": Origin("theory", "before"),
        },
    )


def judge(measured: Diagram) -> list[Verdict]:
    """Verdicts on the claims; those that need more of the grid than there is are not run."""
    claims = claims_at(measured.n_features, measured.n_restarts)
    inner = interior(measured.exact)
    agree = measured.trained[inner] == measured.exact[inner]
    of_10 = measured.excess_of_10.max() if measured.n_restarts >= 10 else None
    verdicts = [
        claims["loss"].judge(np.abs(measured.excess).max()),
        claims["loss_of_10"].judge(of_10, _failed(measured.excess_of_10)),
        claims["phase"].judge(agree.mean() if agree.size else None, f"{agree.size} points"),
        claims["regions"].judge(n_regions(measured.trained, measured.n_features)),
    ]
    if measured.n_features == 2:
        fall, place = jump_along_density(measured) or (None, None)
        verdicts += [claims["jump"].judge(fall), claims["jump_at"].judge(place)]
    of_theory = claims["closed_form"].judge(measured.closed_form)
    return [*settle(verdicts, measured.fragile), of_theory]


def _failed(excess: np.ndarray) -> str:
    """How many points fail; nothing where none does."""
    n_failed = int((~(excess <= 0.01)).sum())
    return f"{n_failed} of {excess.size} points" if n_failed else ""
