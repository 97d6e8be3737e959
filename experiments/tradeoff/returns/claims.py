"""What is claimed of marginal returns."""

from collections.abc import Mapping

import numpy as np

from experiments.tradeoff.returns import theory
from experiments.tradeoff.returns.measure import EDGE, LEAST_SHIFT, QUADRATIC, TIED, Returns
from superpos.app.claims.ledger import Origin, Verdict, claims_of

NAMES = {TIED: "autoencoder", QUADRATIC: "quadratic model"}
UNMET = (
    "perhaps as features that share a block fill its dimensions, so that none can lose capacity"
    " alone without leaving them, which costs more than the theory's bound; this is not proved"
)
"""Said after the first run, of claims that stay as they were."""
RATIO = "first as largest over least, less 1, which negative numbers pass: 0.007 and 1.10"
CLAIMS = claims_of(
    "tradeoff/returns",
    (
        ("equal_quadratic", "returns are equal for all features with 0 < C < 1 in the quadratic"
         " model: largest less least, over their mean", "<=", 0, 0.1),
        ("equal_autoencoder", "returns are equal for all features with 0 < C < 1 in the"
         " autoencoder: largest less least, over their mean", "<=", 0, 0.25),
        ("larger", "features with C = 1 return no less than those in the quadratic model; least"
         " return over the mean of those that share", ">=", 1, 0),
        ("free_quadratic", "with the others free nothing is gained by moving capacity between"
         " features that share, in the quadratic model; largest change of the loss for each unit of"
         " capacity, over their return", "<=", 0, 0.1),
        ("free_autoencoder", "with the others free nothing is gained by moving capacity between"
         " features that share, in the autoencoder; largest change of the loss for each unit of"
         " capacity, over their return", "<=", 0, 0.25),
        ("exact", "returns of the quadratic model are those of the exact theory at the capacities"
         " met, for all features with C > 0.05; largest relative deviation", "<=", 0, 0.03),
        ("smaller", "features with C = 0 return less: what the loss of the quadratic model rises by"
         " as they get capacity is that of the exact theory; largest deviation over the return of"
         " those that share", "<=", 0, 0.1),
        ("force", "the pull of the penalty is the same return, for both models; largest relative"
         " deviation", "<=", 0, 0.05),
    ),
    paper="Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks",
    section="2, the optimal allocation of capacity",
    setting="n=8, m=3, importance 0.7^i; the best of 4 models trained on with one capacity held"
    " 0.02 away; kurtosis 8, or 1,024 examples of density 0.25",
    origin=Origin("paper", "before"),
    but={
        **dict.fromkeys(("equal_quadratic", "equal_autoencoder"), Origin("paper", "after", RATIO)),
        "larger": Origin("paper", "before", UNMET),
        "exact": Origin("theory", "before", UNMET),
        "smaller": Origin("theory", "before"),
        "force": Origin("ours", "before"),
    },
)  # fmt: skip


def judge(measured: Mapping[str, Returns]) -> list[Verdict]:
    """Verdicts; those on features that there are none of are not run."""
    quadratic = measured[QUADRATIC]
    listed = {kind: _listed(returns) for kind, returns in measured.items()}
    return [
        *(CLAIMS[f"equal_{kind}"].judge(_spread(measured[kind]), listed[kind]) for kind in NAMES),
        CLAIMS["larger"].judge(_larger(quadratic)),
        *(CLAIMS[f"free_{kind}"].judge(_free(measured[kind])) for kind in NAMES),
        CLAIMS["exact"].judge(_largest(np.abs(quadratic.returned / exact(quadratic) - 1))),
        CLAIMS["smaller"].judge(_smaller(quadratic)),
        CLAIMS["force"].judge(
            _largest(np.concatenate([np.abs(r.force / r.returned - 1) for r in measured.values()]))
        ),
    ]


def exact(returns: Returns) -> np.ndarray:
    """What theory says that the capacity returned which each feature was held lower by, (n,)."""
    before, after = returns.capacity, np.diagonal(returns.moved[0])
    losses = (theory.feature_loss(C, returns.values, returns.kurtosis) for C in (after, before))
    rise = np.subtract(*losses)
    counts = (before > EDGE) & (before != after)
    return np.where(counts, rise / np.where(counts, before - after, 1.0), np.nan)


def exact_up(returns: Returns) -> np.ndarray:
    """What theory says that a unit of capacity costs each feature, the others free, (n,)."""
    known = {"values": returns.values, "n_hidden": returns.n_hidden, "kurtosis": returns.kurtosis}
    after = np.diagonal(returns.moved[2])
    rises = []
    for i, (C, target) in enumerate(zip(returns.capacity, after, strict=True)):
        if np.isnan(target) or target <= C + LEAST_SHIFT:
            rises.append(np.nan)
            continue
        rise = theory.pinned_loss(i, target, **known) - theory.pinned_loss(i, C, **known)
        rises.append(rise / (target - C))
    return np.array(rises)


def _largest(values: np.ndarray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.max()) if known.size else None


def _spread(returns: Returns) -> float | None:
    shared = returns.returned[returns.shared]
    return float(np.ptp(shared) / abs(shared.mean())) if len(shared) > 1 else None


def _larger(returns: Returns) -> float | None:
    alone = returns.returned[returns.capacity >= 1 - EDGE] / returns.price
    return float(alone.min()) if alone.size and not np.isnan(alone).any() else None


def _free(returns: Returns) -> float | None:
    both = np.abs([returns.down[returns.shared], returns.up[returns.shared]]) / abs(returns.price)
    return _largest(both.ravel())


def _smaller(returns: Returns) -> float | None:
    none = returns.capacity <= EDGE
    return _largest((np.abs(returns.up - exact_up(returns)) / abs(returns.price))[none])


def _listed(returns: Returns) -> str:
    """Return of each feature, by its capacity."""
    pairs = zip(returns.capacity, returns.returned, strict=True)
    return "; ".join(f"C={C:.2f}: {value:.3g}" for C, value in pairs if not np.isnan(value))
