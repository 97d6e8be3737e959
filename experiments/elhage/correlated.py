"""Correlated and anticorrelated sets of features.

Source: Elhage et al. 2022, Toy Models of Superposition, "The Geometry of Superposition",
"Correlated and Anticorrelated Features". Densities end short of 1, where a set that is always on
is not correlated any more.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray

from experiments.elhage.correlated_figure import draw_collapse, draw_geometries
from experiments.elhage.expected_loss import expected_loss
from experiments.elhage.geometry import cosines, represented
from superpos.app.claims.ledger import Row, Verdict, claims_of, settle
from superpos.app.findings import Figure, Findings
from superpos.train import best_of

COLLAPSED = 0.25
"""A pair is collapsed to its principal component when ‖W_1 - W_2‖/√2 is below this."""
THRESHOLDS = {1: 0.05, 2: 0.15, 3: 0.25}
"""Collapsed sets -> the density from which the paper's figure shows that many; it calls models
"most PCA-like but one" from 0.25 and "pure PCA" from 0.5, and the former was read as three."""
READING = "of 'pure PCA' from p=0.5 on, in the same figure, it would be less by 0.693"
ENDS = "the densities end at 0.8 since an exploratory run that ended at 1"
"""A setting that was fixed after a run was seen."""
ROWS: dict[str, list[Row]] = {
    "n=4, m=2, p=0.05": [
        ("orthogonal", "two sets of two correlated features: the larger |cos| within a set is 0",
         "<=", 0, 0.1),
        ("antipodal", "two sets of two anticorrelated features: the larger cosine within a set is"
         " -1", "<=", -1, 0.05),
    ],
    "n=6, m=2, p=0.02": [
        ("side_by_side", "three sets of two correlated features: sets whose features are neighbours"
         " in angle", "=", 3, 0),
        ("none", "sparse: sets collapsed", "=", 0, 0),
    ],
    "n=20, m=10, p=0.05": [
        ("local_bases", "two sets of ten correlated features, each an almost orthogonal basis: mean"
         " |entry| of W Wᵀ off its diagonal, within a set", "<=", 0, 0.1),
        ("not_global", "the sets are not orthogonal to each other: root mean square entry of W Wᵀ"
         " across sets over that within", ">=", 2, 0),
    ],
    "n=6, m=2, p from 0.02 to 0.8": [
        ("rising", "three sets of two: the number of sets collapsed to their principal component"
         " never falls as density rises; least change", ">=", 0, 0),
        *((f"collapse_{count}", f"{count} of three sets collapse from p = {p} on, within a factor"
           " 1.5: log of the measured density over it", "=", 0, 0.405)
          for count, p in THRESHOLDS.items()),
    ],
    "n=6, m=2, p=0.8": [("all", "dense: sets collapsed, as in PCA", "=", 3, 0)],
}  # fmt: skip
CLAIMS = {
    key: claim
    for setting, rows in ROWS.items()
    for key, claim in claims_of(
        "elhage/correlated",
        rows,
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="Correlated and Anticorrelated Features",
        setting=f"{setting}, best of several fits",
    ).items()
}


class Collapse(NamedTuple):
    """The best model of three pairs at each density; densities rise.

    Attributes:
        densities: p, (n_p,).
        W: its weights, (n_p, 6, 2).
    """

    densities: np.ndarray
    W: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Sets collapsed to their principal component, (n_p,)."""
        return (_differences(self.W) < COLLAPSED).sum(-1)


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on sets of features, and draw them.

    Args:
        datasets: "correlated", "anticorrelated" and "local", sweeps over the seed, and "pca", a
            sweep over density and seed.
        folder: where the figures go.

    Returns:
        Verdicts and two figures: the geometries, and the collapse to principal components.
    """
    best = {
        name: best_of(datasets[name], datasets[name]["loss"].isel(step=-1))
        for name in ("correlated", "anticorrelated", "local")
    }
    best["pca"] = best_by_expected_loss(datasets["pca"])
    W = {name: dataset["W"].to_numpy().astype(float) for name, dataset in best.items()}
    collapse = Collapse(best["pca"]["density"].to_numpy().astype(float), W["pca"])
    draw_geometries(folder / "correlated.png", W, collapse.densities[0])
    draw_collapse(
        folder / "collapse.png",
        collapse.densities,
        W["pca"],
        collapse.counts,
        [*THRESHOLDS.values()],
    )
    verdicts = [
        verdict
        for name in best
        for verdict in settle(judge(name, W[name], collapse), best[name].get("fragile"))
    ]
    return Findings(verdicts, [_geometries(), _collapse()])


def best_by_expected_loss(dataset: xarray.Dataset) -> xarray.Dataset:
    """The best model at each density, rising, by a loss that is the same numbers for all seeds."""
    dataset = dataset.sortby("density").transpose("density", "seed", ...)
    W, b = (np.nan_to_num(dataset[name].to_numpy().astype(float)) for name in ("W", "b"))
    p = np.repeat(dataset["density"].to_numpy().astype(float), dataset.sizes["seed"])
    losses = expected_loss(
        W.reshape(-1, *W.shape[2:]), b.reshape(-1, b.shape[-1]), p[:, None], set_size=2
    )
    return best_of(dataset, dataset["status"].copy(data=losses.reshape(W.shape[:2])))


def judge(name: str, W: np.ndarray, collapse: Collapse) -> list[Verdict]:
    """Verdicts on the best model or models of one variant."""
    if name == "pca":
        return _judge_collapse(collapse)
    if name == "local":
        within, across = _split(W, len(W) // 2)
        ratio = np.linalg.norm(across) / max(np.linalg.norm(within), 1e-9)
        ratio *= np.sqrt(within.size / across.size)
        return [
            CLAIMS["local_bases"].judge(np.abs(within).mean()),
            CLAIMS["not_global"].judge(ratio),
        ]
    pairs = cosines(W)[[0, 2], [1, 3]]
    if not represented(W).all():
        pairs = np.ones(2)  # what is not there is not placed
    if name == "correlated":
        return [CLAIMS["orthogonal"].judge(np.abs(pairs).max())]
    return [CLAIMS["antipodal"].judge(pairs.max())]


def _judge_collapse(collapse: Collapse) -> list[Verdict]:
    p, counts = collapse.densities, collapse.counts
    sparse, dense = np.isclose(p[0], 0.02), np.isclose(p[-1], 0.8)
    note = ", ".join(f"p={value:.3g}: {count}" for value, count in zip(p, counts, strict=True))
    return [
        CLAIMS["side_by_side"].judge(side_by_side(collapse.W[0]) if sparse else None),
        CLAIMS["rising"].judge(np.diff(counts).min() if len(p) > 1 else None, f"{note}; {ENDS}"),
        CLAIMS["none"].judge(counts[0] if sparse else None),
        CLAIMS["all"].judge(counts[-1] if dense else None, ENDS),
        *(
            CLAIMS[f"collapse_{count}"].judge(
                _log_ratio(onset(collapse, count), claimed), READING if count == 3 else ""
            )
            for count, claimed in THRESHOLDS.items()
        ),
    ]


def side_by_side(W: np.ndarray) -> int:
    """Pairs of rows (0, 1), (2, 3), (4, 5) that are neighbours in angle; 0 unless all are there."""
    if not represented(W).all():
        return 0
    around = np.argsort(np.arctan2(W[:, 1], W[:, 0]))
    return int((around // 2 == np.roll(around, 1) // 2).sum())


def onset(collapse: Collapse, count: int) -> float | None:
    """Halfway, in log, between the last density with fewer collapsed sets and the next."""
    fewer = np.flatnonzero(collapse.counts < count)
    if not fewer.size or fewer[-1] == len(collapse.densities) - 1:
        return None
    return float(np.sqrt(collapse.densities[fewer[-1] : fewer[-1] + 2].prod()))


def _log_ratio(measured: float | None, claimed: float) -> float | None:
    return None if measured is None else float(np.log(measured / claimed))


def _differences(W: np.ndarray) -> np.ndarray:
    """How much of the difference within each pair of rows is kept, (..., n / 2)."""
    return np.linalg.norm(W[..., ::2, :] - W[..., 1::2, :], axis=-1) / np.sqrt(2)


def _split(W: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Entries of W Wᵀ off its diagonal, within sets and across."""
    gram, sets = W @ W.T, np.arange(len(W)) // size
    same = sets[:, None] == sets
    return gram[same & ~np.eye(len(W), dtype=bool)], gram[~same]


def _geometries() -> Figure:
    alt = "Directions of pairs of correlated and of anticorrelated features, and W Wᵀ of two sets."
    caption = (
        "Best models; features of a set have one colour. Right: W Wᵀ of two correlated sets of ten"
        " features in ten dimensions (blue negative, red positive)."
    )
    return Figure("correlated.png", alt, caption)


def _collapse() -> Figure:
    alt = "Directions of three correlated pairs from sparse to dense, and the number of pairs that"
    caption = (
        "Three correlated pairs in two dimensions, the best model at each density p. Below: pairs"
        " of which only the principal component is kept; dotted: from where the paper shows one,"
        " two and three."
    )
    return Figure("collapse.png", f"{alt} are collapsed at each density.", caption)
