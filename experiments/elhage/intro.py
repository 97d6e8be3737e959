"""Five features in two dimensions, from dense to sparse.

Source: Elhage et al. 2022, Toy Models of Superposition, introduction: two orthogonal features, then
two antipodal pairs, then a pentagon.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray

from experiments.claims.ledger import Claim, Verdict, settle
from experiments.elhage.directions import draw_directions
from experiments.elhage.geometry import cosines, digon_cosine, pentagon_deviation, represented
from experiments.findings import Figure, Findings
from experiments.report.cells import panels_of
from experiments.report.figures import fragile_marks, new_figure, save
from superpos.train import best_of

_claim = partial(
    Claim,
    paper="Elhage et al. 2022, Toy Models of Superposition",
    section="introduction, figure of feature directions",
    setting="n=5, m=2, I=0.9^i, p from 1 to 1/20, best of 10 instances",
)
ORTHOGONAL = _claim(
    id="elhage/intro/orthogonal",
    statement="dense features: the largest |cos| between the two features represented is 0",
    relation="<=",
    claimed=0,
    tolerance=0.1,
)
DENSE_COUNT = _claim(
    id="elhage/intro/dense_count",
    statement="dense features: two are represented",
    relation="=",
    claimed=2,
    tolerance=0,
)
DIGONS = _claim(
    id="elhage/intro/digons",
    statement="in between, four features form two antipodal pairs: at some density the larger"
    " cosine of the two pairs is -1",
    relation="<=",
    claimed=-1,
    tolerance=0.05,
)
PENTAGON = _claim(
    id="elhage/intro/pentagon",
    statement="sparse features: five directions, the angular gap furthest from 72 degrees differs"
    " from it by 0",
    relation="<=",
    claimed=0,
    tolerance=10,
)
RISING = _claim(
    id="elhage/intro/rising",
    statement="the number of represented features never falls as density falls",
    relation=">=",
    claimed=0,
    tolerance=0,
)


ALT = "Feature directions at each density, from two orthogonal arrows to a pentagon."
CAPTION = "Rows of W for the best of the instances at each density p; the circle has radius 1."


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on the sequence of geometries and draw it.

    Args:
        datasets: {"sweep": a sweep over density and seed with n = 5, m = 2}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure with a panel per density.
    """
    dataset = datasets["sweep"]
    best = best_of(dataset, dataset["loss"].isel(step=-1)).sortby("density", ascending=False)
    W, p = best["W"].to_numpy().astype(float), best["density"].to_numpy()
    losses = best["loss"].isel(step=-1).to_numpy()
    b = best["b"].to_numpy()
    marks = fragile_marks(best, "density")
    titles = [f"p = {value:.3g}{mark}" for value, mark in zip(p, marks, strict=True)]
    axes = _draw(folder / "directions.png", W, titles)
    texts = [
        {"density p": f"{at:.3g}", "features represented": f"{n}", "loss": f"{loss:.4g}"}
        for at, n, loss in zip(p, represented(W).sum(-1), losses, strict=True)
    ]
    figure = Figure("directions.png", ALT, CAPTION, panels_of(axes, texts, W, b))
    return Findings(settle(judge(W), best.get("fragile")), [figure])


def judge(W: np.ndarray) -> list[Verdict]:
    """Verdicts on W (n_densities, 5, 2), from the densest to the sparsest."""
    counts = represented(W).sum(-1)
    dense = cosines(W[0])[np.ix_(represented(W[0]), represented(W[0]))]
    off_diagonal = dense[~np.eye(len(dense), dtype=bool)]
    return [
        DENSE_COUNT.judge(counts[0]),
        ORTHOGONAL.judge(np.abs(off_diagonal).max() if off_diagonal.size else None),
        DIGONS.judge(min((digon_cosine(w) for w in W), default=None)),
        PENTAGON.judge(pentagon_deviation(W[-1]), f"{counts[-1]} represented"),
        RISING.judge(np.diff(counts).min() if len(counts) > 1 else None, f"counts {counts}"),
    ]


def _draw(path: Path, W: np.ndarray, titles: Sequence[str]) -> list[Any]:
    """A panel per density; returns the axes of the panels."""
    columns = min(5, len(W))
    rows = -(-len(W) // columns)
    figure, axes = new_figure(rows, columns, width=2 * columns, height=2.2 * rows, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, w, title in zip(axes.flat, W, titles, strict=False):
        draw_directions(axis, w)
        axis.set_title(title)
    save(figure, path)
    return list(axes.flat[: len(W)])
