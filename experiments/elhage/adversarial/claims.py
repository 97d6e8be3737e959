"""What the paper found of attacks as features become sparse."""

import numpy as np
import scipy

from experiments.elhage.attacks import Attacked
from superpos.app.claims.ledger import Claim, Origin, Verdict, claims_of, settle


def claims_at(n: int, m: int) -> dict[str, Claim]:
    """The claims, on models of n features in m dimensions."""
    return claims_of(
        "elhage/adversarial",
        (
            ("dense", "at p = 1 a model is as vulnerable as one without superposition; ratio", "=",
             1, 0.2),
            ("rise", "the vulnerability relative to a model without superposition rises more than"
             " threefold across the sweep; largest over that at p = 1", ">=", 3, 0),
            ("spearman", "it goes with features per dimension ‖W‖²/m; Spearman's correlation over"
             " models", ">=", 0.9, 0),
            ("sparse_most", "it is largest where features are sparsest; there over the largest",
             ">=", 1, 0.1),
            ("aimed", "the attack does more than a random step of its norm, at every density; least"
             " ratio", ">=", 1, 0),
        ),
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="Relationship to Adversarial Robustness",
        setting=f"n={n}, m={m}, I=1, p from 1 to 0.05, attacks of 0.1 of the mean norm of inputs"
        " (the paper: the larger models of its geometry section)",
        origin=Origin("paper", "before"),
        but={
            "dense": Origin("ours", "before"),
            "rise": Origin("paper_number", "before"),
            "sparse_most": Origin("ours", "before"),
            "aimed": Origin("control", "before"),
        },
    )  # fmt: skip


def judge(measured: Attacked) -> list[Verdict]:
    """Verdicts; those that need more than one density, or p = 1, are not run without them."""
    claims, p = claims_at(*measured.sizes), np.unique(measured.density)[::-1]

    def mean(values: np.ndarray) -> np.ndarray:
        """Over the models of each density."""
        return np.array([values[measured.density == each].mean() for each in p])

    relative, features = mean(measured.relative), mean(measured.features)
    pairs = zip(p, relative, features, strict=True)
    note = ", ".join(f"p={a:.3g}: {b:.3g} at {c:.3g}" for a, b, c in pairs)
    dense, several = np.isclose(p[0], 1.0), len(p) > 2
    varied = several and np.ptp(relative) > 0 and np.ptp(features) > 0
    ranks = scipy.stats.rankdata(measured.relative), scipy.stats.rankdata(measured.features)
    verdicts = [
        claims["dense"].judge(relative[0] if dense else None),
        claims["rise"].judge(relative.max() / relative[0] if dense else None, note),
        claims["spearman"].judge(
            np.corrcoef(*ranks)[0, 1] if varied else None, f"{measured.density.size} models"
        ),
        claims["sparse_most"].judge(
            relative[-1] / relative.max() if dense and several else None,
            f"largest at p={p[relative.argmax()]:.3g}",
        ),
        claims["aimed"].judge(mean(measured.gain / measured.aimless).min() if several else None),
    ]
    return settle(verdicts, measured.fragile)
