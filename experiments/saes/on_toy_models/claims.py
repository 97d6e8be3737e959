"""What is claimed of the features that come back."""

import numpy as np

from experiments.saes.on_toy_models.measure import Dictionaries, Recovered, Toys, mean_where
from experiments.statistics import spearman
from superpos.app.claims.ledger import Origin, Verdict, claims_of, settle

IN_SUPERPOSITION = 1.5
"""A model is in superposition that represents this many features a dimension, or more."""

SETTING = (
    "n=64, m=16, importance 0.97^i, densities 1 to 0.02, 2 toy models each; ReLU with L1 and TopK"
    " of width 64, 3,000 updates of 128 examples, Adam of learning rate 1e-3; of coefficients or k"
    " that of the largest mean cosine"
)
CLAIMS = claims_of(
    "saes/on_toy_models",
    (
        ("returns", "at the lowest density the features of models in superposition come back; share"
         " of represented features whose cosine with a latent is 0.9 or more", ">=", 0.9, 0),
        ("density_decides", "at density 1 models are out of superposition, and still their features"
         " do not come back; that share at the lowest density minus that at density 1", ">=", 0.5,
         0),
        ("falls", "the share falls as density rises; Spearman's correlation over densities", "<=",
         -0.9, 0),
        ("dimensionality", "in a model in superposition, features that have less of a dimension for"
         " themselves come back less well; Spearman's correlation of D_i and the cosine over"
         " represented features, mean over models", ">=", 0.2, 0),
        ("l0", "TopK returns most where k is the number of features that are on; largest |log2(best"
         " k / that number)| over densities where it is within 1 to 8", "<=", 1, 0),
        ("detected", "at the lowest density latents tell when their features are on; mean F1 over"
         " latents, at the best coefficient", ">=", 0.6, 0),
    ),
    paper="ours",
    section="sparse autoencoders on toy models",
    setting=SETTING,
    origin=Origin("ours", "before"),
) | claims_of(
    "saes/on_toy_models",
    (
        ("in_superposition", "toy models of the lowest density represent more features than they"
         " have dimensions; features a dimension", ">=", 2, 0),
        ("out_of_superposition", "at density 1 a represented feature has a dimension of its own;"
         " mean dimensionality D_i", ">=", 0.9, 0),
        ("over_random", "at the lowest density latents are nearer to the features than random"
         " directions are; mean cosine minus that of as many random directions", ">=", 0.2, 0),
        ("over_untrained", "at the lowest density latents are nearer to the features than before"
         " training; mean cosine minus that at the start",
         ">=", 0.2, 0),
        ("over_gaussian", "at the lowest density latents are nearer to the features than latents"
         " trained on Gaussian codes of the same mean and covariance; mean cosine minus that of"
         " these", ">=", 0.2, 0),
    ),
    paper="ours",
    section="controls",
    setting=SETTING,
    origin=Origin("control", "before"),
)  # fmt: skip
MOST_ON = 8
"""Features that are on for the claim on L0 to be judged of a density."""


def judge(measured: Recovered) -> list[Verdict]:
    """Verdicts on all densities; what needs two of them is not run with one."""
    toys, l1 = measured.toys, measured.l1
    best, on_sparse = l1.best(toys), toys.density[l1.toy] == toys.density.min()
    densities, share = by_density(l1, toys, at(l1.returned(toys), best))
    detected = at(measured.f1, best)[on_sparse].mean()
    listed = ", ".join(f"{p:g}: {s:.2f}" for p, s in zip(densities, share, strict=True))
    several = len(densities) > 1
    sparse, dense = toys.density == densities[0], toys.density == densities[-1]
    own = mean_where(toys.D, toys.represented)[dense].mean()
    verdicts = [
        CLAIMS["returns"].judge(share[0], f"by density {listed}"),
        CLAIMS["density_decides"].judge(share[0] - share[-1] if several else None),
        CLAIMS["falls"].judge(spearman(densities, share) if several else None, listed),
        CLAIMS["dimensionality"].judge(*_dimensionality(measured)),
        CLAIMS["l0"].judge(*_l0(measured)),
        CLAIMS["detected"].judge(detected),
        CLAIMS["in_superposition"].judge(toys.per_dimension[sparse].mean()),
        CLAIMS["out_of_superposition"].judge(own if several else None),
    ]
    return settle([*verdicts, *_controls(measured)], measured.fragile)


def by_density(
    found: Dictionaries, toys: Toys, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Densities from sparse to dense, and the mean of values (k,) at each, both (densities,)."""
    density = toys.density[found.toy]
    known = np.unique(density)
    return known, np.array([values[density == each].mean() for each in known])


def at(values: np.ndarray, setting: np.ndarray) -> np.ndarray:
    """Values (settings, k) at the setting of each, (k,)."""
    return values[setting, np.arange(values.shape[1])]


def rank_by_dimensionality(measured: Recovered) -> np.ndarray:
    """Spearman's correlation of D_i and the cosine in each model in superposition, (models,)."""
    toys, l1 = measured.toys, measured.l1
    found = []
    for place, (toy, setting) in enumerate(zip(l1.toy, l1.best(toys), strict=True)):
        if toys.per_dimension[toy] >= IN_SUPERPOSITION:
            kept = toys.represented[toy]
            cosine = l1.cosine[setting, place].mean(0)
            found.append(spearman(toys.D[toy][kept], cosine[kept]))
    return np.array(found)


def number_on(toys: Toys) -> np.ndarray:
    """Mean number of represented features that are on, (toys,)."""
    return toys.density * toys.represented.sum(-1)


def _dimensionality(measured: Recovered) -> tuple[float | None, str]:
    ranks = rank_by_dimensionality(measured)
    if not ranks.size:
        return np.nan, "no model is in superposition"
    return float(ranks.mean()), f"of {ranks.size} models, {ranks.min():.2f} to {ranks.max():.2f}"


def _l0(measured: Recovered) -> tuple[float | None, str]:
    toys, topk = measured.toys, measured.topk
    if len(topk.setting) < 2:
        return None, ""
    nearness = topk.nearness(toys)
    off, told = [], []
    for density in np.unique(toys.density[topk.toy]):
        here = toys.density[topk.toy] == density
        on = number_on(toys)[topk.toy[here]].mean()
        if 1 <= on <= MOST_ON:
            k = topk.setting[np.argmax(nearness[:, here].mean(-1))]
            off.append(abs(np.log2(k / on)))
            told.append(f"density {density:g}: k={k:g} of {on:.1f}")
    return (max(off), ", ".join(told)) if off else (np.nan, "no density has so many")


def _controls(measured: Recovered) -> list[Verdict]:
    """How much nearer than by chance, at the lowest density."""
    toys = measured.toys

    def nearest(found: Dictionaries) -> float:
        _, cosine = by_density(found, toys, at(found.nearness(toys), found.best(toys)))
        return cosine[0]

    lowest = toys.density == toys.density.min()
    here = nearest(measured.l1)
    others = {
        "over_random": float(measured.random[lowest].mean()),
        "over_untrained": nearest(measured.untrained),
        "over_gaussian": nearest(measured.gaussian),
    }
    return [
        CLAIMS[name].judge(here - other, f"{here:.3f} and {other:.3f}")
        for name, other in others.items()
    ]
