"""Two features and one neuron: where both are represented, and what a share of capacity returns.

Source: Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks (arXiv 2210.01892),
section 3, the phase diagram over kurtosis and relative importance, and the marginal returns, which
`returns` measures.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray

from experiments.scherlis import returns, theory
from superpos import metrics
from superpos.app.claims.ledger import Claim, Row, Verdict, claims_of, settle
from superpos.app.findings import Figure, Findings
from superpos.app.plots.figures import PALETTE, new_figure, save
from superpos.train import best_of

SHARED = 0.01
"""Both features are represented where each has at least this capacity."""
RESTARTS = "12 instances after 4 in a first run"
"""On the number of restarts."""
SAMPLED_KURTOSIS, N_SAMPLES = (2.0, 4.0, 8.0), 2**20


class Diagram(NamedTuple):
    """The best model at each kurtosis (rows) and relative importance (columns).

    Attributes:
        kurtosis: κ, from the smallest up, (n_κ,).
        ratio: v2 / v1, from the smallest up, (n_r,).
        W: weights, (n_κ, n_r, 2).
        loss: (n_κ, n_r).
        capacity: of both features, (n_κ, n_r, 2).
    """

    kurtosis: np.ndarray
    ratio: np.ndarray
    W: np.ndarray
    loss: np.ndarray
    capacity: np.ndarray

    @property
    def shared(self) -> np.ndarray:
        """Where both features are represented, bool (n_κ, n_r)."""
        return self.capacity.min(-1) > SHARED


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on the phase diagram and draw it.

    Args:
        datasets: {"grid": a sweep of the quadratic model with two features and one neuron over
            kurtosis, importance_decay, which is v2 / v1, and seed; "returns": one over kurtosis and
            seed, measured on the way}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure: the diagram, and the loss against capacity.
    """
    best = best_of(datasets["grid"], datasets["grid"]["loss"].isel(step=-1))
    diagram, curves = measure(best), returns.measure(datasets["returns"])
    _draw(folder / "capacity_phases.png", diagram, curves)
    caption = (
        "Left: capacity of the less important feature in the best model; the line is"
        " v2/v1 = 2/(κ-1). At v2 = v1 and small κ either feature may take the neuron. Right: loss"
        f" against the capacity of the more important feature, at v2/v1 = {curves.ratio:g}; dots"
        " are models on their way through gradient descent, lines the least loss at each capacity,"
        " and rings the capacity at the end. Returns increase for small κ, so that one feature"
        " takes the neuron, and diminish for large κ, so that both share it."
    )
    alt = "Phase diagram over kurtosis and relative importance, and loss against capacity."
    verdicts = settle(judge(diagram), best.get("fragile")) + returns.judge(curves)
    return Findings(verdicts, [Figure("capacity_phases.png", alt, caption)])


def measure(best: xarray.Dataset) -> Diagram:
    """The diagram of the best models over kurtosis and importance_decay."""
    best = best.sortby(["kurtosis", "importance_decay"])
    best = best.transpose("kurtosis", "importance_decay", "feature", "hidden", ...)
    W = best["W"].to_numpy()
    return Diagram(
        kurtosis=best["kurtosis"].to_numpy().astype(float),
        ratio=best["importance_decay"].to_numpy().astype(float),
        W=W[..., 0].astype(float),
        loss=best["best_loss"].to_numpy().astype(float),
        capacity=np.asarray(metrics.capacity(jnp.asarray(W)), float),
    )


def judge(diagram: Diagram) -> list[Verdict]:
    """Verdicts on the claims; those that need more of the grid than there is are not run."""
    claims = _claims()
    exact = np.array(
        [
            [theory.optimal_loss(np.array([1.0, r]), n_hidden=1, kurtosis=k) for r in diagram.ratio]
            for k in diagram.kurtosis
        ]
    )
    poor = diagram.shared[diagram.kurtosis <= 3][:, diagram.ratio < 1 - 1e-6]
    rich = diagram.kurtosis > 3 + 1e-6
    best = np.array(
        [
            [
                theory.optimal_capacities(np.array([1.0, r]), n_hidden=1, kurtosis=k)[0]
                for r in diagram.ratio
            ]
            for k in diagram.kurtosis[rich]
        ]
    )
    off = np.abs(diagram.capacity[rich] - best) if rich.any() else np.zeros(0)
    sums = diagram.capacity.sum(-1)
    enough = len(diagram.ratio) > 4 and rich.any()
    return [
        claims["boundary"].judge(boundary_distance(diagram) if enough else None, RESTARTS),
        claims["gaussian"].judge(poor.sum() if poor.size else None, f"{poor.size} points"),
        claims["loss"].judge((diagram.loss / exact - 1).max(), RESTARTS),
        claims["capacity"].judge(off.max() if off.size else None, RESTARTS),
        claims["packed"].judge(np.abs(sums - 1).max()),
        claims["closed_form"].judge(closed_form_deviation(diagram)),
    ]


def _claims() -> dict[str, Claim]:
    rows: tuple[Row, ...] = (
        ("boundary", "both features are represented where v2/v1 > 2/(κ - 1): largest distance of"
         " the boundary, in grid cells of v2/v1, over κ > 3", "<=", 0, 1),
        ("gaussian", "no neuron is shared at κ <= 3 and v2 < v1; points where one is", "<=", 0, 0),
        ("loss", "the best loss is the exact optimum; largest relative excess", "<=", 0, 0.001),
        ("capacity", "for κ > 3, capacities are those of the exact optimum; largest deviation",
         "<=", 0, 0.02),
        ("packed", "capacities add up to the number of neurons; largest deviation", "<=", 0, 0.01),
        ("closed_form", "the expected loss in closed form is that of Monte Carlo, 2^20 examples;"
         " largest relative deviation over trained models", "<=", 0, 0.02),
    )  # fmt: skip
    return claims_of(
        "scherlis/phase",
        rows,
        paper="Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks",
        section="3, the quadratic model, two features and one neuron",
        setting="n=2, m=1, kurtosis from 1.5 to 10, v2/v1 from 0.05 to 1, best of 12 instances,"
        " trained on the expected loss",
    )


def boundary_distance(diagram: Diagram) -> int:
    """Largest distance in columns between the first shared neuron and the first above theory.

    Only kurtoses above 3 count, for which there is a boundary below v2 = v1; a row in which sharing
    comes and goes counts from its last unshared column.
    """
    found = []
    for kurtosis, shared in zip(diagram.kurtosis, diagram.shared, strict=True):
        if kurtosis > 3 + 1e-6:
            expected = np.count_nonzero(diagram.ratio <= theory.threshold(kurtosis))
            first = int(np.flatnonzero(~shared)[-1]) + 1 if (~shared).any() else 0
            found += [abs(first - expected), abs(int((~shared).sum()) - expected)]
    return max(found)


def closed_form_deviation(diagram: Diagram) -> float:
    """Largest |Monte Carlo / loss - 1| over three kurtoses, with features ±√κ or 0."""
    rng, off = np.random.default_rng(0), []
    column = len(diagram.ratio) // 2
    for wanted in SAMPLED_KURTOSIS:
        row = int(np.abs(diagram.kurtosis - wanted).argmin())
        kurtosis, v = diagram.kurtosis[row], np.array([1.0, diagram.ratio[column]])
        on = rng.random((N_SAMPLES, 2)) < 1 / kurtosis
        x = on * rng.choice([-1.0, 1.0], on.shape) * np.sqrt(kurtosis)
        errors = np.square(x) @ v - np.square(x @ diagram.W[row, column])
        off.append(abs(errors.var() / diagram.loss[row, column] - 1))
    return max(off)


def _draw(path: Path, diagram: Diagram, curves: returns.Returns) -> None:
    figure, axes = new_figure(1, 2, width=10, height=3.8)
    least = diagram.capacity[..., 1].T
    mesh = axes[0].pcolormesh(
        diagram.kurtosis, diagram.ratio, least, cmap="cividis", vmin=0, vmax=0.5, shading="nearest"
    )
    figure.colorbar(mesh, ax=axes[0], label="capacity of feature 2")
    if len(diagram.kurtosis) > 1 and diagram.kurtosis[-1] > 3:
        kurtosis = np.linspace(3, diagram.kurtosis[-1], 200)
        axes[0].plot(kurtosis, theory.threshold(kurtosis), color=PALETTE[3], linewidth=2)
    axes[0].set(xlabel="kurtosis κ", ylabel="v2 / v1")
    returns.draw(axes[1], curves)
    save(figure, path)
