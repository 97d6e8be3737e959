"""What the paper shows of neurons that serve one feature, as features become sparse."""

import numpy as np

from experiments.elhage.computation_sparsity.measure import Neurons, share_of_one
from superpos.app.claims.ledger import Claim, Origin, Verdict, claims_of, settle

DENSE, MIXED, SPARSE = 1.0, 0.01, 0.001
"""Densities that the claims are about."""
STEPS = "the number of updates was raised from 2,000 to 8,000 after an exploratory run"
"""A setting that was fixed after a run was seen."""


def claims_on(n_restarts: int) -> dict[str, Claim]:
    """The claims, on the best of so many instances."""
    return claims_of(
        "elhage/computation_sparsity",
        (
            ("dense", "p = 1: share of neurons that are monosemantic", ">=", 1, 0.1),
            ("mixture", "p = 0.01: monosemantic and polysemantic neurons side by side; share of the"
             " rarer kind", ">=", 0.1, 0),
            ("sparse", "p = 0.001: share of neurons that are monosemantic", "<=", 0, 0.1),
            ("falling", "the share of monosemantic neurons falls from dense to sparse, and never"
             " rises on the way; largest rise", "<=", 0, 0.05),
        ),
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="Computation in Superposition",
        setting=f"n=100, m=40, I=0.8^i, p from 1 to 0.001, best of {n_restarts} instances",
        origin=Origin("paper", "after", STEPS),
        but={"falling": Origin("ours", "after", STEPS)},
    )  # fmt: skip


def judge(measured: Neurons) -> list[Verdict]:
    """Verdicts; those on a density that is not there are not run."""
    p, claims = measured.density, claims_on(measured.every.shape[1])
    shares, all_shares = share_of_one(measured.W), share_of_one(measured.every)
    dense, mixed, sparse = (_at(shares, p, at) for at in (DENSE, MIXED, SPARSE))
    listed = "; ".join(
        f"p={at:.3g}: " + ", ".join(f"{share:.3g}" for share in found)
        for at, found in zip(p, all_shares, strict=True)
    )
    verdicts = [
        claims["dense"].judge(dense),
        claims["mixture"].judge(None if mixed is None else min(mixed, 1 - mixed)),
        claims["sparse"].judge(sparse),
        claims["falling"].judge(_largest_rise(shares) if len(shares) > 1 else None, listed),
    ]
    return settle(verdicts, measured.fragile)


def _largest_rise(shares: np.ndarray) -> float:
    """The largest step up of shares (n_p,); nan where they are not less at the end."""
    return float(np.diff(shares).max()) if shares[-1] < shares[0] else np.nan


def _at(shares: np.ndarray, p: np.ndarray, density: float) -> float | None:
    """The share at one density; None where that is not there."""
    [found] = np.nonzero(np.isclose(p, density))
    return float(shares[found[0]]) if found.size else None
