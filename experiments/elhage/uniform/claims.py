"""Whether features take the dimensions, and form the polytopes, that the paper shows."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from experiments.elhage.uniform.levels import digon, on_lines
from experiments.elhage.uniform.measure import (
    THRESHOLD,
    Models,
    Sweeps,
    by_density,
    packing_of_factors,
)
from superpos.app.claims.ledger import Claim, Origin, Row, Verdict, claims_of, settle
from superpos.metrics import POLYTOPES

POLYTOPE_KINDS = ("tetrahedron", "triangle", "digon", "pentagon", "square antiprism")
LINED = 0.2
"""The least density at which D_i are claimed to lie on lines; below, they form a continuum."""
PAIRED = 0.9
"""Share of features in antipodal pairs from which on a density is in the phase of pairs."""
FINE = 0.02
"""Another size than THRESHOLD, tried on the factors of all features: at p = 1 norms are small."""
TRIED = {
    "lines": "below p = 0.2 most D_i are in large frames whose levels lie between the lines and"
    " move with p",
    "figures": "n=100, m=10 with 20,000 steps at learning rate 3e-3 has a tetrahedron at p = 0.717",
}
"""What was tried on the claims that do not reproduce."""
SIZE = (
    "the size was fixed after three full runs, in which the same claims fail, as they do at the"
    " paper's size"
)
"""A setting that was fixed after runs were seen."""
FROM_THE_START = "true of models before training, too, so that it is not counted"
"""On a claim that says nothing of what is learned."""
ROWS: tuple[Row, ...] = (
    ("dense", "D* is sticky at 1: its mean at p = 1", "=", 1, 0.03),
    ("plateau", "D* is sticky at 1/2 because features are in antipodal pairs: where nine of ten"
     " are, D* is that of an exact pair alone, 0.49; largest deviation", "<=", 0, 0.02),
    ("plateau_ends", "the phase of pairs ends between p = 0.26 and 0.22; measured between two"
     " densities", "=", 0.24, 0.03),
    ("sparse", "D* falls below 1/2 at the sparse end", "<=", 0.5, 0),
    ("lines", "p >= 0.2: D_i gather at 3/4, 2/3, 1/2, 2/5 and 3/8: share within 0.02 of one of"
     " these over that of the same D_i made smooth (standard deviation 0.1)", ">=", 2, 0),
    ("digons", "where D* is within 0.05 of 1/2, features are in antipodal pairs; share", ">=",
     0.9, 0),
    ("figures", "tetrahedra, triangles, digons, pentagons and square antiprisms occur; kinds",
     ">=", 5, 0),
    ("packed", "the D_i of a model add up to m; largest relative deviation", "<=", 0, 0.02),
    ("factors", "the components of the graph of |W_i·W_j| > 0.1 are tegum factors: the D_i of"
     " each add up to its rank; largest deviation over rank", "<=", 0, 0.05),
    ("invariant_n", "more features (n >> m) leave ‖W‖² as it is; largest relative change", "<=",
     0, 0.05),
    ("invariant_m", "‖W‖² grows like m; largest relative deviation of the ratio", "<=", 0,
     0.05),
)  # fmt: skip
"""The claims at every size."""


def claims_at(n: int, m: int, n_models: int) -> dict[str, Claim]:
    """The claims on so many models of n features in m dimensions."""
    return claims_of(
        "elhage/uniform",
        ROWS,
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="The Geometry of Superposition",
        setting=f"n={n}, m={m}, I=1, p from 1 to 0.05 as in the paper's notebook (n=200, m=20, 20"
        f" densities; the paper n=400, m=30); {n_models} models",
        origin=Origin("paper", "after", SIZE),
        but={
            "dense": Origin("paper", "before"),
            "plateau": Origin("theory", "after", SIZE),
            "plateau_ends": Origin("theory", "after", SIZE),
            "sparse": Origin("paper", "before"),
            "lines": Origin("paper", "after", f"{TRIED['lines']}; {SIZE}"),
            "digons": Origin("paper", "before"),
            "figures": Origin("paper", "after", f"{TRIED['figures']}; {SIZE}"),
            "packed": Origin("paper", "before"),
            "invariant_m": Origin("paper", "after", f"{FROM_THE_START}; {SIZE}", identity=True),
        },
    )


def judge(measured: Sweeps) -> list[Verdict]:
    """Verdicts on the claims; those that need densities that are not there are not run."""
    base = measured.base
    n_models, n, m = base.W.shape
    claims = claims_at(n, m, n_models)
    verdicts = [
        *_judge_dimensions(claims, base),
        *_judge_polytopes(claims, base),
        claims["invariant_n"].judge(*_growth(base, measured.more_features)),
        claims["invariant_m"].judge(*_growth(base, measured.double)),
    ]
    return settle(verdicts, measured.fragile)


def _judge_dimensions(claims: Mapping[str, Claim], base: Models) -> list[Verdict]:
    """Verdicts on dimensions per feature and on dimensionalities."""
    p, mean = by_density(base)
    dense, sparse = np.isclose(p[0], 1.0), p[-1] <= 0.05 + 1e-6
    lined = base.density >= LINED
    share, null = on_lines(base.D[lined][base.kept[lined]])
    pairs = in_pairs(base)
    inside = np.array([pairs[base.density == each].mean() >= PAIRED for each in p])
    off = [abs(value - digon(each)) for each, value in zip(p[inside], mean[inside], strict=True)]
    return [
        claims["dense"].judge(mean[0] if dense else None),
        claims["plateau"].judge(
            max(off, default=np.inf) if dense and sparse else None,
            ", ".join(f"p={a:.3g}: {b:.3g}" for a, b in zip(p, mean, strict=True)),
        ),
        claims["plateau_ends"].judge((end_of(p, inside) or np.nan) if dense and sparse else None),
        claims["sparse"].judge(mean[-1] if sparse else None),
        claims["lines"].judge(
            share / null if null > 0 else None,
            f"share {share:.3f}, smooth null {null:.3f}",
        ),
    ]


def in_pairs(models: Models) -> np.ndarray:
    """Share of the represented features of each model that are in antipodal pairs, (k,)."""
    digons = (models.codes == POLYTOPES.index("digon")) & models.kept
    return digons.sum(-1) / np.maximum(models.kept.sum(-1), 1)


def end_of(p: np.ndarray, inside: np.ndarray) -> float | None:
    """Halfway, in log, between the sparsest density inside and the next; None where there is none.

    Args:
        p: densities, falling, (n_densities,).
        inside: which are in the phase, bool (n_densities,).
    """
    found = np.flatnonzero(inside)
    if not found.size or found[-1] == len(p) - 1:
        return None
    return float(np.sqrt(p[found[-1] : found[-1] + 2].prod()))


def _judge_polytopes(claims: Mapping[str, Claim], base: Models) -> list[Verdict]:
    """Verdicts on the figures and the tegum factors of features."""
    half = base.kept & (np.abs(base.per_feature - 0.5) < 0.05)[:, None]
    digons = (base.codes == POLYTOPES.index("digon"))[half]
    found = [name for name in POLYTOPE_KINDS if (base.codes == POLYTOPES.index(name)).any()]
    return [
        claims["digons"].judge(
            (digons.mean() if digons.size else np.nan) if np.ptp(base.density) else None,
            f"{digons.size} features",
        ),
        claims["figures"].judge(len(found), _counts(base)),
        claims["packed"].judge(np.abs(base.D.sum(-1) / base.W.shape[-1] - 1).max()),
        claims["factors"].judge(
            packing_of_factors(base, THRESHOLD),
            f"with a graph of |W_i·W_j| > {FINE}: {packing_of_factors(base, FINE):.3g}",
        ),
    ]


def _counts(models: Models) -> str:
    """How many features each figure has, over all models."""
    counts = Counter(POLYTOPES[code] for code in models.codes[models.kept])
    return ", ".join(f"{name}: {count}" for name, count in counts.most_common())


def _growth(base: Models, other: Models | None) -> tuple[float | None, str]:
    """Largest relative deviation of the growth of ‖W‖² from that of m, where both were trained."""
    if other is None:
        return None, ""
    (p, mine), (q, theirs) = by_density(base), by_density(other)
    pairs = [(a, i, j) for i, a in enumerate(p) for j, b in enumerate(q) if np.isclose(a, b)]
    # D* = m / ‖W‖²: a growth of ‖W‖² like that of m leaves it as it is.
    changes = {a: mine[i] / theirs[j] - 1 for a, i, j in pairs}
    note = ", ".join(f"p={a:.3g}: {change:+.3f}" for a, change in changes.items())
    return max(map(abs, changes.values()), default=None), note
