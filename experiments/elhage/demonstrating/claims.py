"""Which features linear and ReLU models keep, from dense to sparse."""

from collections.abc import Mapping

import numpy as np

from experiments.elhage.demonstrating.measure import Models, Pair
from experiments.elhage.geometry import cosines, represented
from superpos.app.claims.ledger import Claim, Origin, Row, Verdict, claims_of, settle

COIN_TOSS = (
    "how many is a coin toss: by exact optimisation at n=20, m=5, p=0.001, the best models are"
    " within 2 % of each other in loss and have 13 to 17 features"
)
"""Why no claim is made on the count itself, nor on its rising from each density to the next."""
SPARSE = 0.1 * (1 + 1e-6)
"""The density from which on a ReLU model is claimed to be in superposition, in float32."""
LATER = "at first no later was enough, which models that learned nothing are as well"
"""On the order."""
SUPERPOSED = 0.1
"""A feature is in superposition when its interference exceeds this."""


def claims_at(n: int, m: int) -> dict[str, Claim]:
    """The claims on n features in m dimensions: their tolerances are the same at every size."""
    rows: tuple[Row, ...] = (
        ("linear_set", "linear, any p: exactly the m most important features are represented;"
         " features wrong at the worst p", "=", 0, 0),
        ("linear_gram", "linear, any p: W Wᵀ = diag(1 for the top m, else 0); largest deviation of"
         " an entry", "<=", 0, 0.1),
        ("linear_bias", "linear, any p: b = p/2 for the features not represented, else 0; largest"
         " deviation", "<=", 0, 0.02),
        ("relu_dense", "ReLU at p = 1 keeps the same features as the linear model; features wrong",
         "=", 0, 0),
        ("relu_rising", "ReLU at p <= 0.1: more features are represented than there are dimensions,"
         " and than at the largest p; least number of them beyond both", ">=", 1, 0),
        ("relu_sparse", "ReLU at p = 0.001: many more features than dimensions are represented, at"
         " least two for each", ">=", 2 * m, 0),
        ("relu_importance", "ReLU: the more important features are the represented ones; share of"
         " pairs, of which one is represented, in that order, at the worst p", ">=", 0.9, 0),
        ("relu_order", "ReLU: feature 0 is in superposition later than others of the top m, by half"
         " of p at least; its first such p over the largest of the others'", "<=", 0.5, 0),
        ("relu_antipodal", "ReLU: where superposition begins, features form antipodal pairs; least"
         " cosine", "<=", -1, 0.05),
    )  # fmt: skip
    return claims_of(
        "elhage/demonstrating" if n == 20 else "elhage/demonstrating_large",
        rows,
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="Demonstrating Superposition",
        setting=f"n={n}, m={m}, p from 1 to 0.001, best of several instances",
        origin=Origin("paper", "before"),
        but={
            "relu_order": Origin("paper", "after", LATER),
            "relu_rising": Origin("paper", "after", COIN_TOSS),
            **dict.fromkeys(
                ("relu_sparse", "relu_importance"),
                Origin("ours", "after", COIN_TOSS),
            ),
        },
    )


def judge(measured: Pair) -> list[Verdict]:
    """Verdicts on both models."""
    claims = claims_at(*measured.relu.W.shape[-2:])
    return [
        *settle(judge_linear(claims, measured.linear), measured.linear.fragile),
        *settle(judge_relu(claims, measured.relu), measured.relu.fragile),
    ]


def judge_linear(claims: Mapping[str, Claim], models: Models) -> list[Verdict]:
    """Verdicts on the linear model at every density."""
    W, p = models.W, models.density
    n, m = W.shape[-2:]
    top = np.arange(n) < m
    gram = W @ np.swapaxes(W, -1, -2)
    bias = np.where(top, 0.0, p[:, None] / 2)
    deviations = np.abs(gram - np.diag(top.astype(float))).max((-1, -2))
    note = ", ".join(f"p={at:.3g}: {value:.2g}" for at, value in zip(p, deviations, strict=True))
    return [
        claims["linear_set"].judge((represented(W) != top).sum(-1).max()),
        claims["linear_gram"].judge(deviations.max(), note),
        claims["linear_bias"].judge(np.abs(models.b - bias).max()),
    ]


def judge_relu(claims: Mapping[str, Claim], models: Models) -> list[Verdict]:
    """Verdicts on the ReLU model; what needs densities that are not there is not run."""
    W, p = models.W, models.density
    n, m = W.shape[-2:]
    counts = represented(W).sum(-1)
    dense, sparse = np.isclose(p[0], 1.0), np.isclose(p[-1], 1e-3)
    superposed = models.interference > SUPERPOSED
    first = np.where(superposed, p[:, None], 0.0).max(0)[:m]
    begins = np.flatnonzero(counts > m)
    beyond = counts[p <= SPARSE] - max(m, counts[0])
    ordered = np.array([_share_in_order(kept) for kept in represented(W)])
    return [
        claims["relu_dense"].judge(
            (represented(W[0]) != (np.arange(n) < m)).sum() if dense else None
        ),
        claims["relu_rising"].judge(
            beyond.min() if beyond.size and p[0] > SPARSE else None, f"counts {counts.tolist()}"
        ),
        claims["relu_sparse"].judge(counts[-1] if sparse else None),
        claims["relu_importance"].judge(ordered.min()),
        claims["relu_order"].judge(first[0] / first[1:].max() if first[1:].any() else None),
        claims["relu_antipodal"].judge(
            cosines(W[begins[0]][represented(W[begins[0]])]).min() if begins.size else None
        ),
    ]


def _share_in_order(kept: np.ndarray) -> float:
    """Share of pairs of a feature that is kept and one that is not, with the former more important.

    Args:
        kept: which features are, from the most important one down, bool (n,).

    Returns:
        The share; 1 where all are kept, 0 where none is.
    """
    n_kept, n_left = kept.sum(), (~kept).sum()
    if not n_kept or not n_left:
        return float(n_kept > 0)
    return float((np.cumsum(kept) * ~kept).sum() / (n_kept * n_left))
