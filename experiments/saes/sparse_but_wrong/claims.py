"""What is claimed of autoencoders whose L0 is too low."""

import numpy as np

from experiments.saes.peers import beside_peers
from experiments.saes.sparse_but_wrong.measure import Mixing, RandomModel, Star
from superpos.app.claims.ledger import Origin, Verdict, claims_of

TRUE_L0, LOW, STRONG = 2.0, 1.8, 0.4
"""In the star: features that are on, an L0 below, and the size of the correlation, compared."""
TOO_LOW = 9
"""An L0 below the true one, which is 11, of fifty features."""
PAPER = "Chanin & Garriga-Alonso 2025, Sparse but Wrong"
BEFORE, NUMBER, OURS = (Origin(each, "before") for each in ("paper", "paper_number", "ours"))

CLAIMS = beside_peers(claims_of(
    "saes/sparse_but_wrong",
    (
        ("recovers", "at the true L0 of 2 all features are found whether the correlation is 0.4 or"
         " -0.4; lowest cosine of a latent with its own", ">=", 0.99, 0),
        ("positive", "at an L0 of 1.8 and a correlation of 0.4 every other latent has a part of"
         " feature 0; least cosine with it", ">=", 0, 0),
        ("negative", "at -0.4 every other latent has a negative part; largest cosine", "<=", 0, 0),
        ("follows", "at 1.8 that part follows the correlation; rank correlation", ">=", 0.9, 0),
        ("grows", "at a correlation of 0.4 it grows as L0 falls; least increase from one L0 to the"
         " next lower", ">=", 0, 0.01),
    ),
    paper=PAPER,
    section="small toy model",
    setting="5 orthonormal features, d=20, density 0.4, values 1 ± 0.15, BatchTopK of 5 latents"
    " from the exact truth, 2,000 updates of 256 examples at learning rate 1e-3, 1 seed (published:"
    " 15 million samples, 1024, 3e-4, 5 seeds), correlation of the copula with feature 0 from -0.5"
    " to 0.5",
    origin=BEFORE,
    but={"recovers": NUMBER, "follows": OURS, "grows": OURS},
) | claims_of(
    "saes/sparse_but_wrong",
    (
        ("mcc_peak", "the MCC is highest at the true L0 of 11; that k", "=", 11, 1),
        ("projection", "the decoder-projection statistic is least at the true L0; that k, median"
         " over n from 12 to 25", "=", 11, 1),
        ("below", "at k = 9 the error of the learned autoencoder is below that of the truth at the"
         " same k; ratio", "<=", 1, 0),
        ("half", "there the truth has about twice the error; ratio", "=", 2, 0.5),
        ("found", "at k = 11 nearly all features are found; MCC", ">=", 0.9, 0),
    ),
    paper=PAPER,
    section="large toy model",
    setting="50 orthonormal features, d=100, densities .388 to .05, values 1 ± 0.15, random"
    " correlations of another draw, BatchTopK of 50 latents, k = 1 to 25, 1 seed, 1,500 updates of"
    " 256 examples at learning rate 2e-3 (published: 5 seeds, 15 million samples, 1024, 3e-4)",
    origin=BEFORE,
    but={"mcc_peak": NUMBER, "projection": NUMBER, "half": NUMBER, "found": OURS},
))  # fmt: skip


def judge(measured: Mixing) -> list[Verdict]:
    """Verdicts on both models; comparisons of values that are not there are not run."""
    return [*_of_star(measured.star), *_of_random(measured.random)]


def _of_star(star: Star) -> list[Verdict]:
    full, low = star.level(TRUE_L0), star.level(LOW)
    up, down = star.place(STRONG), star.place(-STRONG)
    mixed = star.others[:, low].mean(-1)
    falling = star.others[up].mean(-1)[np.argsort(-star.l0)]
    return [
        CLAIMS["recovers"].judge(min(star.own[up, full].min(), star.own[down, full].min())),
        CLAIMS["positive"].judge(star.others[up, low].min(), _listed(star.others[up, low])),
        CLAIMS["negative"].judge(star.others[down, low].max(), _listed(star.others[down, low])),
        CLAIMS["follows"].judge(
            rank_correlation(star.correlation, mixed) if len(mixed) > 2 else None
        ),
        CLAIMS["grows"].judge(np.diff(falling).min() if falling.size > 1 else None),
    ]


def _of_random(random: RandomModel) -> list[Verdict]:
    at = int(np.argmin(np.abs(random.k - TOO_LOW)))
    peak = int(np.argmin(np.abs(random.k - random.true_l0)))
    least = random.k[random.projection.argmin(0)]
    errors = f"learned {random.mse[at]:.4g}, truth {random.true_mse[at]:.4g}"
    several = random.k.size > 1
    return [
        CLAIMS["mcc_peak"].judge(
            random.k[random.mcc.argmax()] if several else None,
            f"MCC {random.mcc.max():.3f}; {random.true_l0:.2f} are on",
        ),
        CLAIMS["projection"].judge(
            np.median(least) if several else None, f"least {_listed(least)}"
        ),
        CLAIMS["below"].judge(random.mse[at] / random.true_mse[at], errors),
        CLAIMS["half"].judge(random.true_mse[at] / random.mse[at], errors),
        CLAIMS["found"].judge(random.mcc[peak]),
    ]


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's correlation of two lists of numbers, 0 where either is constant."""
    signs = [np.sign(each[:, None] - each[None]).sum(1) for each in (first, second)]  # twice a rank
    size = np.prod([np.sqrt(np.square(each).sum()) for each in signs])
    return float(signs[0] @ signs[1] / size) if size > 0 else 0.0


def _listed(values: np.ndarray) -> str:
    return ", ".join(f"{value:.3g}" for value in values)
