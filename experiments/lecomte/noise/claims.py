"""What is claimed of two kinds of noise."""

import numpy as np

from experiments.lecomte.noise.measure import Concentrations
from superpos.app.claims.ledger import Origin, Verdict, claims_of, settle

SPREAD = 3.0
"""‖W_i‖₄⁴ of a unit vector that is spread at random over m neurons is this over m."""
TRIED = "first compared with a tenth of the run, by which much of the rise is over: 0.15 at 100,000"
"""On how the rise is measured."""

CLAIMS = claims_of(
    "lecomte/noise",
    (
        ("bernoulli_rises", "with ±σ noise the mean ‖W_i‖₄⁴ rises towards 1; its end at the largest"
         " σ, as a part of the way from the 3/m of a feature that is spread at random", ">=", 0.5,
         0),
        ("gaussian_stays", "with Gaussian noise it does not; the largest such part over σ", "<=", 0,
         0.1),
        ("faster", "with ±σ noise it is the larger, the larger σ, in the mean over the run; least"
         " increase from one σ to the next", ">=", 0, 0),
    ),
    paper="Lecomte et al. 2023, Incidental Polysemanticity",
    section="Noise-induced polysemanticity",
    setting="n=8, m=16, SGD of learning rate 0.02, 100,000 steps, σ = 0.07, 0.1, 0.15, 5 instances",
    origin=Origin("paper", "before"),
    but=dict.fromkeys(("bernoulli_rises", "gaussian_stays"), Origin("paper", "after", TRIED)),
)  # fmt: skip


def judge(measured: Concentrations) -> list[Verdict]:
    """Verdicts on both kinds; the comparison of noise scales is not run with one."""
    bernoulli, gaussian, m = measured.bernoulli, measured.gaussian, measured.n_hidden
    increase = np.diff(bernoulli.mean(-1))
    verdicts = [
        CLAIMS["bernoulli_rises"].judge(_rise(bernoulli, m)[-1], f"at the end {_ends(bernoulli)}"),
        CLAIMS["gaussian_stays"].judge(_rise(gaussian, m).max(), f"at the end {_ends(gaussian)}"),
        CLAIMS["faster"].judge(increase.min() if increase.size else None),
    ]
    return settle(verdicts, measured.fragile)


def _rise(values: np.ndarray, m: int) -> np.ndarray:
    """The part of the way from spread over m neurons to one neuron at the end, (noise scales,)."""
    return (values[:, -1] - SPREAD / m) / (1 - SPREAD / m)


def _ends(values: np.ndarray) -> str:
    return ", ".join(f"{value:.3g}" for value in values[:, -1])
