"""What the paper found of training against attacks."""

import numpy as np
import scipy

from experiments.elhage.adversarial_training.measure import DENSITY, Hardened, Kept, curve
from experiments.elhage.attacks import Attacked
from superpos.app.claims.ledger import Claim, Origin, Verdict, claims_of, settle

LARGE = 0.8
"""Norm of the attacks that the paper found to remove it, as part of the norm of inputs."""

CRITERION = (
    "the criterion was fixed before this run, but after one by ‖W‖²/m within 1.1; by others it is"
    " elsewhere: ‖W‖²/m falls as weights shrink, before features part (0.457 at the paper's size),"
    " and with a cut relative to the largest norm it never goes"
)
"""On when superposition is removed, which the paper does not define."""


def claims_at(n: int, m: int, density: float) -> dict[str, Claim]:
    """The claims, on models of n features in m dimensions at a density."""
    return claims_of(
        "elhage/adversarial_training",
        (
            ("reduces", "training against attacks reduces superposition, the more the larger they"
             " are; Spearman's correlation of their norm and ‖W‖²/m over models", "<=", -0.9, 0),
            ("removes", "only attacks of about 80 % of the norm of inputs remove it; least norm"
             " with no more features of norm > 0.5 than dimensions", "=", LARGE, 0.2),
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
            "removes": Origin("paper_number", "after", CRITERION),
            "robust": Origin("ours", "before"),
        },
    )  # fmt: skip


def judge(measured: Hardened) -> list[Verdict]:
    """Verdicts at the density nearest to DENSITY; without the norms they need they are not run."""
    attacked = measured.attacked
    curves = {p: curve(attacked, p) for p in np.unique(attacked.density)[::-1]}
    density = min(curves, key=lambda p: abs(p - DENSITY))
    claims, here = claims_at(*attacked.sizes, density), curves[density]
    norms, features = here.norms, here.features
    large = np.flatnonzero(np.isclose(norms, LARGE))
    kept = measured.kept
    removed = least_norm(kept.norms, kept.counts, attacked.sizes[1])
    reaches, plain = norms[0] == 0 and norms[-1] >= LARGE, norms[0] == 0 and large.size
    pairs = zip(norms, features, strict=True)
    varied = norms.size > 2 and np.ptp(features) > 0
    verdicts = [
        claims["reduces"].judge(
            _correlation(attacked, density) if varied else None,
            ", ".join(f"{norm:.2g}: {each:.3g}" for norm, each in pairs),
        ),
        claims["removes"].judge(removed if reaches else None, _listed(kept)),
        claims["robust"].judge(here.relative[large[0]] / here.relative[0] if plain else None),
        claims["cost"].judge(here.clean[large[0]] / here.clean[0] if plain else None),
    ]
    return settle(verdicts, attacked.fragile)


def least_norm(norms: np.ndarray, counts: np.ndarray, n_dimensions: int) -> float:
    """Halfway between the last norm that leaves more features than dimensions and the next.

    Args:
        norms: of attacks, ascending, (k,).
        counts: how many features are represented, (k,).
        n_dimensions: in which they are.

    Returns:
        The norm; the least where none leaves more, inf where the largest does.
    """
    above = np.flatnonzero(counts > n_dimensions)
    if not above.size:
        return float(norms[0])
    if above[-1] == len(norms) - 1:
        return np.inf
    return float(norms[above[-1] : above[-1] + 2].mean())


def _correlation(attacked: Attacked, density: float) -> float:
    """Spearman's, of the norm of attacks and features per dimension over models of a density."""
    here = np.isclose(attacked.density, density)
    rank = scipy.stats.spearmanr(attacked.trained_against[here], attacked.features[here])
    return float(np.asarray(rank)[0])


def _listed(kept: Kept) -> str:
    parts = (f"{norm:.2g}: {n} ({cosine:.2f})" for norm, n, cosine in zip(*kept, strict=True))
    return f"features of norm > 0.5 and largest |cosine| among them: {', '.join(parts)}"
