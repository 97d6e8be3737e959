"""What the paper says of the parts of the loss."""

import numpy as np

from experiments.elhage.decomposition import one_sparse
from experiments.elhage.decomposition.measure import Decomposed, Models
from experiments.elhage.geometry import represented
from superpos.app.claims.ledger import Claim, Origin, Verdict, claims_of, settle


def claims_at(n: int, m: int) -> dict[str, Claim]:
    """The claims, on models of n features in m dimensions."""
    return claims_of(
        "elhage/decomposition",
        (
            ("monte_carlo", "L1, the loss on one feature, is feature benefit plus interference:"
             " largest relative deviation of Monte Carlo from the closed form, over models", "<=",
             0, 1e-3),
            ("zero", "L0, the loss on no feature, is Σ I ReLU(b)²; largest deviation over the"
             " largest", "<=", 0, 1e-5),
            ("free", "negative interference is free where b <= 0: largest output", "<=", 0, 1e-6),
            ("linear", "a linear model has no superposition: Σ_{i≠j} (W_i·W_j)² over Σ_i ‖W_i‖⁴, at"
             " the worst density", "<=", 0, 0.02),
            ("bias", "sparse features: no represented feature has a positive bias; largest bias",
             "<=", 0, 0.01),
            ("expansion", "sparse features: the loss is that on at most one feature, up to p²;"
             " relative excess at p = 0.001", "<=", 0, 0.05),
            ("benefit", "as features become sparse more of them come back: what is lost of features"
             " on their own, at p = 0.001 less that at p = 1", "<=", 0, 0),
        ),
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="Mathematical Understanding",
        setting=f"n={n}, m={m}, falling importance, p from 1 to 0.001, best of several instances",
        origin=Origin("paper", "before", identity=True),
        but={
            "linear": Origin("paper", "before"),
            "bias": Origin("ours", "before"),
            "expansion": Origin("paper", "before"),
            "benefit": Origin("ours", "before"),
        },
    )  # fmt: skip


def judge(measured: Decomposed) -> list[Verdict]:
    """Verdicts; those that need a density that is not there are not run."""
    relu, sampled = measured.relu, measured.sampled
    claims = claims_at(*relu.W.shape[1:])
    closed = one_sparse.one_sparse_loss(relu.W, relu.b, relu.importance)
    zero = one_sparse.zero_loss(relu.b, relu.importance)
    truncated = one_sparse.truncated_loss(
        relu.W, relu.b, density=relu.density, importance=relu.importance
    )
    lost = one_sparse.own_cost(relu.W, relu.b, relu.importance).sum(-1)
    sparse, dense = np.isclose(relu.density[-1], 1e-3), np.isclose(relu.density[0], 1.0)
    kept = represented(relu.W[-1])
    verdicts = [
        claims["monte_carlo"].judge(
            (np.abs(sampled.one - closed) / np.maximum(closed, 1e-300)).max(),
            _listed(relu, closed),
        ),
        claims["zero"].judge(np.abs(sampled.zero - zero).max() / max(zero.max(), 1e-300)),
        claims["free"].judge(np.nanmax(sampled.free) if (sampled.free >= 0).any() else None),
        claims["linear"].judge(_superposition(measured.linear.W).max()),
        claims["bias"].judge(relu.b[-1][kept].max() if sparse and kept.any() else None),
        claims["expansion"].judge(
            abs(sampled.full[-1] / truncated[-1] - 1) if sparse else None,
            "loss over that on at most one feature "
            + _listed(relu, sampled.full / np.where(truncated > 0, truncated, np.nan))
            + "; the excess should fall like p",
        ),
        claims["benefit"].judge(
            lost[-1] - lost[0] if sparse and dense else None, _listed(relu, lost)
        ),
    ]
    return settle(verdicts, measured.fragile)


def _superposition(W: np.ndarray) -> np.ndarray:
    """Σ_{i≠j} (W_i·W_j)² over Σ_i ‖W_i‖⁴ of W (k, n, m), (k,)."""
    own = (np.square(W).sum(-1) ** 2).sum(-1)
    gram = W @ np.swapaxes(W, -1, -2)
    return (np.square(gram).sum((-2, -1)) - own) / own


def _listed(models: Models, values: np.ndarray) -> str:
    pairs = zip(models.density, values, strict=True)
    return ", ".join(f"p={p:.3g}: {value:.4g}" for p, value in pairs)
