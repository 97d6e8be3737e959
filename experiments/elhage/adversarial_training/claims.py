"""What the paper found of training against attacks."""

import numpy as np
import scipy

from experiments.elhage.adversarial_training.measure import DENSITY, Hardened, Kept, curve
from experiments.elhage.attacks import Attacked
from superpos.app.claims.ledger import Claim, Origin, Verdict, claims_of, settle

GONE = 1.1
"""Superposition is gone where there are no more features per dimension than this."""
LARGE = 0.8
"""Norm of the attacks that the paper found to remove it, as part of the norm of inputs."""

SHRINKS = (
    "tried: the paper's size, 0.457; weights shrink besides, so that ‖W‖²/m falls before features"
    " part"
)
"""What is known of the claim that does not reproduce."""


def claims_at(n: int, m: int, density: float) -> dict[str, Claim]:
    """The claims, on models of n features in m dimensions at a density."""
    return claims_of(
        "elhage/adversarial_training",
        (
            ("reduces", "training against attacks reduces superposition, the more the larger they"
             " are; Spearman's correlation of their norm and ‖W‖²/m over models", "<=", -0.9, 0),
            ("removes", "only attacks of about 80 % of the norm of inputs remove it; least norm"
             " with ‖W‖²/m within 1.1", "=", LARGE, 0.2),
            ("robust", "a model trained against attacks of 80 % is less vulnerable to small"
             " attacks; ratio to one trained without attacks", "<=", 1, 0),
            ("cost", "it performs worse without attacks; ratio of losses", ">=", 1, 0),
        ),
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="Relationship to Adversarial Robustness",
        setting=f"n={n}, m={m}, I=1, p={density:.3g}, attacks on random features (sizes"
        " and density are not in the paper)",
        origin=Origin("paper", "before"),
        but={
            "removes": Origin("paper_number", "before", SHRINKS),
            "robust": Origin("ours", "before"),
        },
    )  # fmt: skip


def judge(measured: Hardened) -> list[Verdict]:
    """Verdicts at the density nearest to DENSITY; what needs norms that are not there is not run.

    The notes have what other densities show.
    """
    attacked = measured.attacked
    curves = {p: curve(attacked, p) for p in np.unique(attacked.density)[::-1]}
    density = min(curves, key=lambda p: abs(p - DENSITY))
    claims, here = claims_at(*attacked.sizes, density), curves.pop(density)
    norms, features = here.norms, here.features
    large = np.flatnonzero(np.isclose(norms, LARGE))
    elsewhere = ", ".join(
        f"p={p:.3g}: {least_norm(each.norms, each.features):.3g}" for p, each in curves.items()
    )
    reaches, plain = norms[0] == 0 and norms[-1] >= LARGE, norms[0] == 0 and large.size
    pairs = zip(norms, features, strict=True)
    varied = norms.size > 2 and np.ptp(features) > 0
    verdicts = [
        claims["reduces"].judge(
            _correlation(attacked, density) if varied else None,
            ", ".join(f"{norm:.2g}: {each:.3g}" for norm, each in pairs),
        ),
        claims["removes"].judge(
            least_norm(norms, features) if reaches else None,
            "; ".join(filter(None, (_listed(measured.kept), elsewhere))),
        ),
        claims["robust"].judge(here.relative[large[0]] / here.relative[0] if plain else None),
        claims["cost"].judge(here.clean[large[0]] / here.clean[0] if plain else None),
    ]
    return settle(verdicts, attacked.fragile)


def least_norm(norms: np.ndarray, features: np.ndarray) -> float:
    """Least norm from which on features per dimension, linear between norms, stay within GONE.

    Args:
        norms: of attacks, ascending, (k,).
        features: features per dimension, (k,).

    Returns:
        The norm; inf where superposition is left at the largest.
    """
    above = np.flatnonzero(features > GONE)
    if not above.size:
        return float(norms[0])
    last = above[-1]
    if last == len(norms) - 1:
        return np.inf
    share = (features[last] - GONE) / (features[last] - features[last + 1])
    return float(norms[last] + share * (norms[last + 1] - norms[last]))


def _correlation(attacked: Attacked, density: float) -> float:
    """Spearman's, of the norm of attacks and features per dimension over models of a density."""
    here = np.isclose(attacked.density, density)
    rank = scipy.stats.spearmanr(attacked.trained_against[here], attacked.features[here])
    return float(np.asarray(rank)[0])


def _listed(kept: Kept) -> str:
    parts = (f"{norm:.2g}: {n} ({cosine:.2f})" for norm, n, cosine in zip(*kept, strict=True))
    return f"features of norm > 0.5 and largest |cosine| among them: {', '.join(parts)}"
