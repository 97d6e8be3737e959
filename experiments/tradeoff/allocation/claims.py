"""What is claimed of the allocation of capacity, and of benefit and interference."""

from collections.abc import Iterable, Mapping

import numpy as np
import scipy

from experiments.tradeoff.allocation.best import EDGE, Models
from experiments.tradeoff.allocation.measure import (
    HIDDEN,
    LINEAR,
    QUADRATIC,
    TAIL_DECAY,
    TAILS,
    TIED,
    Measured,
)
from superpos.app.claims.ledger import Claim, Origin, Verdict, claims_of

STEEP, SHUFFLED = 0.7, "shuffled"
SPARSE = 0.25
"""From this density down capacity is expected to be packed."""
SETTING = (
    "12 features in 4 dimensions, densities from 1 to 0.03 or kurtosis from 2 to 64, importance"
    " 1, 0.9^i and 0.7^i, best of 8 instances"
)
CONSTANT = (
    "first with p = 1 too, where binary features are constants and any W does: least change -1.17"
)
BIASED = "first 5.3, by the variance over 4,096 examples, which is too small by 1 in 4,096"
CLAIMS: dict[str, Claim] = claims_of(
    "tradeoff/allocation",
    (
        ("follows", "capacity follows importance: rank correlation of C_i and I_i at importance"
         " 0.7^i, mean over densities; least of autoencoder and ReLU-hidden model", ">=", 0.8, 0),
        ("staircase", "dense features: none shares a dimension in the autoencoder; features with"
         " 0 < C < 1 at p = 1, most over falling importances", "<=", 0, 0),
        ("smear", "staircases smear as features become sparse or their kurtosis rises: how many"
         " more features have 0 < C < 1 at the last density or kurtosis than at the first; least"
         " over three models and falling importances", ">=", 1, 0),
        ("packed", "capacities of the autoencoder add up to the hidden dimensions at p <= 0.25;"
         " largest relative deviation", "<=", 0, 0.05),
        ("random", "matrices of normal numbers are packed worse: Σ C_i / m of the autoencoder less"
         " theirs, least", ">=", 0.1, 0),
        ("tails", "a higher kurtosis of magnitudes at equal E x² makes more features share: least"
         " change of their mean number at p < 1 along binary, uniform, exponential, Lomax", ">=", 0,
         0.5),
        ("exact", "capacities of the quadratic model are those of its exact optimum, at falling"
         " importances; largest deviation", "<=", 0, 0.02),
    ),
    paper="Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks",
    section="1 to 3, allocation of capacity",
    setting=SETTING,
    origin=Origin("paper", "before"),
    but={
        "follows": Origin("ours", "before"),
        "random": Origin("ours", "before"),
        "exact": Origin("theory", "before"),
        "tails": Origin("paper", "after", CONSTANT),
    },
) | claims_of(
    "tradeoff/allocation",
    (
        ("linear", "control: a linear decoder does PCA; largest distance of a capacity from 0 or 1",
         "<=", 0, 0.02),
        ("principal", "control: a linear decoder takes the most important features; others among"
         " those with C > 1/2",
         "<=", 0, 0),
        ("shuffled", "control: importances in another order take their capacities with them; mean"
         " |difference| of C_i, in order of importance, from those of 0.7^i", "<=", 0, 0.1),
        ("dense_share", "interference is no part of the loss of dense features; its share in the"
         " autoencoder at p = 1, most over falling importances", "<=", 0, 0.02),
        ("sparse_share", "interference is a part of the loss that rises as features become sparse:"
         " share at the least density less that at p = 1, least of autoencoder and ReLU-hidden"
         " model, falling importances", ">=", 0.05, 0),
        ("net", "no feature that has capacity is better ignored: least saving of one with C > 0.05"
         " in the autoencoder, over its loss when ignored", ">=", 0, 0.01),
        ("quadrature", "benefit and interference of the autoencoder by quadrature are those of"
         " sampling; largest deviation in standard errors", "<=", 0, 5),
        ("adds_up", "benefit less interference is what the model's own loss is below that of"
         " ignoring all; largest deviation over the latter", "<=", 0, 1e-6),
        ("one_active", "where one feature is on, both parts are the closed form; largest deviation"
         " of the rule of midpoints with 8,192 points", "<=", 0, 1e-6),
    ),
    paper="Elhage et al. 2022, Toy Models of Superposition",
    section="Mathematical Understanding",
    setting=SETTING,
    origin=Origin("ours", "before"),
    but={
        "quadrature": Origin("ours", "after", BIASED, identity=True),
        **dict.fromkeys(("adds_up", "one_active"), Origin("ours", "before", identity=True)),
    },
)  # fmt: skip


def judge(measured: Measured) -> list[Verdict]:
    """Verdicts; those that need a density or an importance that is not there are not run."""
    models, both = measured.models, (TIED, HIDDEN)
    tied = models[TIED]
    sparse = tied.along <= SPARSE
    rises = {kind: _rise(models[kind], models[kind].counts[..., 1]) for kind in (*both, QUADRATIC)}
    shares = {kind: _rise(models[kind], measured.share(kind)) for kind in both}
    dense = _dense(tied)
    excess = np.median(tied.excess)
    return [
        CLAIMS["follows"].judge(_least(_follows(models[kind]) for kind in both)),
        CLAIMS["staircase"].judge(
            tied.counts[_falling(tied), 0, 1].max() if dense else None,
            f"the median instance is {excess:.1%} above the best",
        ),
        CLAIMS["smear"].judge(
            _least(rises.values()), ", ".join(f"{kind}: {rise}" for kind, rise in rises.items())
        ),
        CLAIMS["packed"].judge(np.abs(tied.packing[:, sparse] - 1).max() if sparse.any() else None),
        CLAIMS["random"].judge(
            tied.packing.min() - measured.random_packing,
            f"that of random matrices is {measured.random_packing:.2f}",
        ),
        _tails(models),
        CLAIMS["exact"].judge(_exact(measured)),
        *_controls(models),
        CLAIMS["dense_share"].judge(
            measured.share(TIED)[_falling(tied), 0].max() if dense else None
        ),
        CLAIMS["sparse_share"].judge(_least(shares.values())),
        CLAIMS["net"].judge(_net(measured)),
        CLAIMS["quadrature"].judge(_in_errors(measured)),
        CLAIMS["adds_up"].judge(max(each.remainder.max() for each in measured.sampled.values())),
        CLAIMS["one_active"].judge(
            max(each.one_active.max() for each in measured.sampled.values())
        ),
    ]


def _falling(models: Models) -> np.ndarray:
    """Where importance falls, bool (d,)."""
    return models.decay < 1


def _dense(models: Models) -> bool:
    return bool(_falling(models).any() and np.isclose(models.along[0], 1.0))


def _least(values: Iterable[float | None]) -> float | None:
    """The least number; None where one is missing."""
    given = list(values)
    found = [value for value in given if value is not None]
    return min(found) if len(found) == len(given) else None


def _rise(models: Models, values: np.ndarray) -> float | None:
    """Least change of values (d, k) from the first point to the last where importance falls."""
    falling = _falling(models)
    if len(models.along) < 2 or not falling.any():
        return None
    return float((values[falling, -1] - values[falling, 0]).min())


def _follows(models: Models) -> float | None:
    """Mean rank correlation of capacity and importance, at the steepest fall."""
    at = models.at(STEEP)
    if at is None:
        return None
    ranks = [scipy.stats.rankdata(C) for C in models.capacity[at].round(2)]
    order = scipy.stats.rankdata(models.importance[at])
    return float(np.mean([np.corrcoef(rank, order)[0, 1] if np.ptp(rank) else 0 for rank in ranks]))


def _tails(models: Mapping[str, Models]) -> Verdict:
    at, varies = models[TIED].at(TAIL_DECAY), models[TIED].along < 1
    if at is None or not varies.any() or any(len(models[n].along) != len(varies) for n in TAILS):
        return CLAIMS["tails"].judge(None)
    shared = {name: models[name].counts[at if name == TIED else 0, varies, 1] for name in TAILS}
    means = [each.mean() for each in shared.values()]
    listed = ", ".join(f"{name}: {mean:.2f}" for name, mean in zip(TAILS, means, strict=True))
    return CLAIMS["tails"].judge(np.diff(means).min(), listed)


def _exact(measured: Measured) -> float | None:
    quadratic = measured.models[QUADRATIC]
    falling = _falling(quadratic)
    off = np.abs(quadratic.capacity - measured.optimal)[falling]
    return float(off.max()) if off.size else None


def _controls(models: Mapping[str, Models]) -> list[Verdict]:
    """Of the linear decoder, and of importances in another order."""
    linear, shuffled, tied = models[LINEAR], models[SHUFFLED], models[TIED]
    C, m = linear.capacity, linear.W.shape[-1]
    at, off = tied.at(STEEP), None
    if at is not None and len(tied.along) == len(shuffled.along):
        order = np.argsort(-shuffled.importance[0])
        off = float(np.abs(shuffled.capacity[0][:, order] - tied.capacity[at]).mean())
    return [
        CLAIMS["linear"].judge(np.minimum(C, 1 - C).max()),
        CLAIMS["principal"].judge(
            (C[..., m:] > 0.5).sum() + (C[..., :m] <= 0.5).sum(), f"of {C[..., :m].size}"
        ),
        CLAIMS["shuffled"].judge(off),
    ]


def _net(measured: Measured) -> float:
    split, C = measured.split[TIED], measured.models[TIED].capacity
    saved = (split.ignored - split.full) / split.ignored
    return float(np.where(C > EDGE, saved, np.inf).min())


def _in_errors(measured: Measured) -> float:
    """Largest deviation of sampling from quadrature in standard errors."""
    exact, sampled = measured.split[TIED], measured.sampled[TIED]
    pairs = (
        (sampled.losses.benefit - exact.benefit, sampled.deviation[0]),
        (sampled.losses.interference - exact.interference, sampled.deviation[1]),
    )
    return float(max(np.abs(off / (error + 1e-7)).max() for off, error in pairs))
