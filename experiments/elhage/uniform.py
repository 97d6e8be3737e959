"""Equally important features: dimensions per feature, and the polytopes that features form.

Source: Elhage et al. 2022, Toy Models of Superposition, "The Geometry of Superposition", "Uniform
Superposition". Which features share a polytope hangs on the last bits of a run; the claims are on
statistics over features and instances, so members are not trained a second time to mark that.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import xarray

from experiments.elhage.geometry import represented
from experiments.elhage.uniform_figure import draw, draw_components
from superpos import metrics
from superpos.app.claims.ledger import Claim, Row, Verdict, claims_of, settle
from superpos.app.findings import Figure, Findings
from superpos.metrics import POLYTOPES
from superpos.train import NoMemberError, store
from superpos.types import Array

LINES = (3 / 4, 2 / 3, 1 / 2, 2 / 5, 3 / 8)
"""Dimensionalities of tetrahedron, triangle, digon, pentagon and square antiprism."""
FIGURES = ("tetrahedron", "triangle", "digon", "pentagon", "square antiprism")
HALF_WIDTH, BANDWIDTH = 0.02, 0.1
"""What counts as on a line, and the standard deviation that makes the null smooth."""
THRESHOLD = 0.1
"""Inner products up to this size count as 0 between the factors of represented features."""
FINE = 0.02
"""Another such size, tried on the factors of all features: at p = 1 their norms are small."""


TRIED = {
    "plateau": "the width is not in the paper's text; n=100, m=10 with 8,000 steps gives 0.188, and"
    " with 4,000 steps at learning rate 3e-3, 0.092",
    "lines": "n=100, m=10 with two instances gives 1.65; below p = 0.2 most D_i are in large frames"
    " whose levels lie between the lines and move with p",
    "figures": "n=100, m=10 with 20,000 steps at learning rate 3e-3 has a tetrahedron at p = 0.717",
}
"""What was tried on the claims that do not reproduce."""
SIZE = (
    "the size was fixed after three full runs, in which the same claims fail, as they do at the"
    " paper's size"
)
"""A setting that was fixed after runs were seen."""


class Models(NamedTuple):
    """The finished models of one sweep, in order of density from dense to sparse.

    Attributes:
        density: p, (k,).
        W: feature directions, (k, n, m).
        D: feature dimensionalities, (k, n).
        kept: which features are represented, bool (k, n).
        labels: tegum factor of each feature, (k, n).
        codes: figure of each feature, index into POLYTOPES, (k, n).
    """

    density: np.ndarray
    W: np.ndarray
    D: np.ndarray
    kept: np.ndarray
    labels: np.ndarray
    codes: np.ndarray

    @property
    def per_feature(self) -> np.ndarray:
        """D* of each model, (k,)."""
        return self.W.shape[-1] / np.square(self.W).sum((-2, -1))


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on uniform superposition and draw it.

    Args:
        datasets: {"base": a sweep over density and seed, "more_features": with a larger n,
            "double": with a larger n and m}.
        folder: where the figures go.

    Returns:
        Verdicts and two figures: dimensions per feature with the dimensionalities, and polytopes.
    """
    models = {name: measure(dataset) for name, dataset in datasets.items()}
    base = models["base"]
    draw(folder / "uniform.png", models, LINES, smooth(base.D[base.kept]))
    shown = draw_components(folder / "polytopes.png", base, THRESHOLD)
    figures = [
        Figure(
            "uniform.png",
            "Dimensions per feature against density, and the dimensionality of every feature.",
            "Left: D* = m / ‖W‖² of each model. Middle: D_i of each represented feature; lines are"
            " the levels of polytopes. Right: the same pooled over all models, with the smooth"
            " null.",
        ),
        Figure(
            "polytopes.png",
            "Share of represented features by polytope, and the tegum factors of one model.",
            f"Left: which figure represented features are corners of. Right: the tegum factors of"
            f" the model with most kinds of figures, p = {shown:.3g}, each in its own plane of"
            " largest extent; an edge is an inner product above 0.1 in size.",
        ),
    ]
    return Findings(settle(judge(models), datasets["base"].get("fragile")), figures)


def measure(dataset: xarray.Dataset) -> Models:
    """The finished models of a sweep over density, and over seed where it is an axis."""
    if "seed" not in dataset["status"].dims:
        dataset = dataset.drop_vars("seed", errors="ignore").expand_dims("seed")
    W = dataset["W"].transpose("density", "seed", "feature", "hidden")
    finished = store.finished(dataset).transpose("density", "seed").to_numpy()
    density = np.broadcast_to(dataset["density"].to_numpy()[:, None], finished.shape)[finished]
    if not density.size:
        raise NoMemberError("no finished member at any density")
    order = np.argsort(-density, kind="stable")
    rows = W.to_numpy().astype(np.float32)[finished][order]
    kept = represented(rows)
    factors = jax.jit(metrics.tegum_factors)(
        np.where(kept[..., None], rows, 0), threshold=THRESHOLD
    )
    labels = np.asarray(factors)
    return Models(
        density=density[order].astype(float),
        W=rows.astype(float),
        D=np.asarray(jax.jit(metrics.feature_dimensionality)(rows), float),
        kept=kept,
        labels=labels,
        codes=metrics.polytope_codes(rows, labels, represented=kept),
    )


def judge(models: Mapping[str, Models]) -> list[Verdict]:
    """Verdicts on the claims; those that need densities that are not there are not run."""
    base = models["base"]
    claims, m = _claims(models), base.W.shape[-1]
    p, mean = by_density(base)
    dense, sparse = np.isclose(p[0], 1.0), p[-1] <= 0.05 + 1e-6
    share, null = on_lines(base.D[base.kept])
    half = base.kept & (np.abs(base.per_feature - 0.5) < 0.05)[:, None]
    digons = (base.codes == POLYTOPES.index("digon"))[half]
    found = [name for name in FIGURES if (base.codes == POLYTOPES.index(name)).any()]
    verdicts = [
        claims["dense"].judge(mean[0] if dense else None),
        claims["plateau"].judge(
            plateau(p, mean) if dense and sparse else None,
            ", ".join(f"p={a:.3g}: {b:.3g}" for a, b in zip(p, mean, strict=True))
            + f"; {TRIED['plateau']}; {SIZE}",
        ),
        claims["sparse"].judge(mean[-1] if sparse else None),
        claims["lines"].judge(
            share / null if null > 0 else None,
            f"share {share:.3f}, smooth null {null:.3f}; {TRIED['lines']}; {SIZE}",
        ),
        claims["digons"].judge(digons.mean() if digons.size else None, f"{digons.size} features"),
        claims["figures"].judge(len(found), f"{_counts(base)}; {TRIED['figures']}; {SIZE}"),
        claims["packed"].judge(np.abs(base.D.sum(-1) / m - 1).max()),
        claims["factors"].judge(
            packing_of_factors(base, THRESHOLD),
            f"with a graph of |W_i·W_j| > {FINE}: {packing_of_factors(base, FINE):.3g}; {SIZE}",
        ),
    ]
    for name, claim in (("more_features", "invariant_n"), ("double", "invariant_m")):
        verdicts.append(claims[claim].judge(*_growth(base, models.get(name))))
    return verdicts


def _claims(models: Mapping[str, Models]) -> dict[str, Claim]:
    n_models, n, m = models["base"].W.shape
    rows: tuple[Row, ...] = (
        ("dense", "D* is sticky at 1: its mean at p = 1", "=", 1, 0.03),
        ("plateau", "D* is sticky at 1/2: share of the range of log p with |D* - 1/2| < 0.02",
         ">=", 1 / 3, 0),
        ("sparse", "D* falls below 1/2 at the sparse end", "<=", 0.5, 0),
        ("lines", "D_i gather at 3/4, 2/3, 1/2, 2/5 and 3/8: share within 0.02 of one of these over"
         " that of the same D_i made smooth (standard deviation 0.1)", ">=", 2, 0),
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
    return claims_of(
        "elhage/uniform",
        rows,
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="The Geometry of Superposition",
        setting=f"n={n}, m={m}, I=1, p from 1 to 0.05 as in the paper's notebook (n=200, m=20, 20"
        f" densities; the paper n=400, m=30); {n_models} models",
    )


def by_density(models: Models) -> tuple[np.ndarray, np.ndarray]:
    """Densities from dense to sparse, and m over the mean ‖W‖² of the models at each."""
    p = np.unique(models.density)[::-1]
    inverse = [np.mean(1 / models.per_feature[models.density == each]) for each in p]
    return p, 1 / np.array(inverse)


def plateau(p: np.ndarray, per_feature: np.ndarray) -> float:
    """Share of the range of log p where D*, linear between densities, is within 0.02 of 1/2."""
    x = np.linspace(np.log(p[-1]), np.log(p[0]), 10_001)
    return float((np.abs(np.interp(x, np.log(p[::-1]), per_feature[::-1]) - 0.5) < 0.02).mean())


def on_lines(D: np.ndarray) -> tuple[float, float]:
    """Share of dimensionalities on LINES, and the share of their smoothed distribution on (0, 1).

    Args:
        D: dimensionalities, (k,).

    Returns:
        (share, share of the null); zeros where there is none.
    """
    if not D.size:
        return 0.0, 0.0
    grid, null = smooth(D)
    return _near(D).mean(), float(null[_near(grid)].sum() / null.sum())


def smooth(D: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distribution of D with Gaussian noise, on a grid over (0, 1): (grid, density)."""
    grid = (np.arange(1000) + 0.5) / 1000
    counts, edges = np.histogram(D, bins=500, range=(0, 1))
    centres = (edges[:-1] + edges[1:]) / 2
    null = np.exp(-(((grid[:, None] - centres) / BANDWIDTH) ** 2) / 2) @ counts
    return grid, null / (null.mean() or 1.0)


def packing_of_factors(models: Models, threshold: float) -> float:
    """Largest |Σ D_i - rank| / rank over the factors of all features, represented or not."""

    @jax.jit
    def of_models(W: Array) -> tuple[Array, Array]:
        labels = metrics.tegum_factors(W, threshold=threshold)
        ranks = metrics.component_ranks(W, labels, tolerance=1e-2)
        return ranks, metrics.same_component(labels)

    ranks, same = map(np.asarray, of_models(models.W.astype(np.float32)))
    sums = (same * models.D[:, None, :]).sum(-1)
    return float((np.abs(sums - ranks) / np.maximum(ranks, 1)).max())


def _near(D: np.ndarray) -> np.ndarray:
    return np.any(np.abs(D[:, None] - np.array(LINES)) < HALF_WIDTH, axis=-1)


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
    return max(map(abs, changes.values()), default=None), f"{note}; {SIZE}" if note else ""
