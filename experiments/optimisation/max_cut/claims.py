"""What is claimed of solvers of cuts."""

import numpy as np
import scipy

from experiments.optimisation.claimed import family_claims, judge_family
from experiments.optimisation.curves import Curve, Solvers
from superpos.app.claims.ledger import Row, Verdict

POWER: Row = (
    "random_power", "random search of E candidates has as many bits of optimisation as the best"
    " of E + 1 random answers, (1 + 1/2 + ... + 1/(E + 1)) / ln 2, up to a tenth of all answers;"
    " largest difference in bits", "<=", 0, 0.3,
)  # fmt: skip
LEARNED: Row = (
    "network_power", "a network has optimisation power without trying any candidate: mean bits, the"
    " smaller of two ways of training", ">=", 3, 0,
)  # fmt: skip
CLAIMS = family_claims(
    "optimisation/max_cut",
    "graphs of 12 vertices, each edge there with probability 1/2, weights uniform on [0, 1]; 128"
    " graphs of each distribution; networks of one hidden layer with up to 64 units",
    "local search",
    identities=[POWER],
    more=[LEARNED],
)


def judge(measured: Solvers) -> list[Verdict]:
    """Verdicts."""
    learned = {name: power(curve)[-1] for name, curve in measured.networks.items()}
    listed = ", ".join(f"{name}: {bits:.2f}" for name, bits in learned.items())
    return [
        *judge_family(CLAIMS, measured),
        CLAIMS["random_power"].judge(off_theory(measured.direct["random"])),
        CLAIMS["network_power"].judge(min(learned.values()), listed),
    ]


def power(curve: Curve) -> np.ndarray:
    """Mean optimisation power in bits for problems as trained on, (n_points,)."""
    assert curve.power is not None
    return curve.power[:, 0].mean((0, 1))


def random_power(evaluations: np.ndarray) -> np.ndarray:
    """Expected bits of the best of E + 1 uniform draws from infinitely many answers."""
    return (scipy.special.digamma(evaluations + 2) + np.euler_gamma) / np.log(2)


def off_theory(curve: Curve) -> float:
    """Largest difference of random search from theory, where few of all answers are tried."""
    few = curve.evaluations <= 2**12 / 10
    return float(np.abs(power(curve) - random_power(curve.evaluations))[few].max())
