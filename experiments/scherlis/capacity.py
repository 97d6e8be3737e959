"""Many features, few neurons: how capacity is allocated, and the blocks that features form.

Source: Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks (arXiv 2210.01892),
section 3 on the allocation of capacity and section 4 on the geometry of efficient packing.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray

from experiments.scherlis import theory
from superpos import metrics
from superpos.app.claims.ledger import Claim, Row, Verdict, claims_of, settle
from superpos.app.findings import Figure, Findings
from superpos.app.plots.figures import PALETTE, new_figure, save
from superpos.train import best_of, store

NEGLIGIBLE = 0.01
"""Capacities within this of 0 or 1 count as 0 or 1."""
CLUSTERED, SMALLEST = 0.1, 0.01
"""Features whose |cos| exceeds this are clustered into one block, unless their norm is so small."""
BY_NORM = "features of norm below 0.01 are left out of blocks, which was set after a first run"
"""On the blocks."""


class Allocation(NamedTuple):
    """The best model at each kurtosis, from the smallest up.

    Attributes:
        kurtosis: κ, (k,).
        values: v_i from the largest down, (n,).
        W: feature directions, (k, n, m).
        loss: (k,).
    """

    kurtosis: np.ndarray
    values: np.ndarray
    W: np.ndarray
    loss: np.ndarray

    @property
    def capacity(self) -> np.ndarray:
        """C_i, (k, n)."""
        return np.asarray(metrics.capacity(jnp.asarray(self.W, jnp.float32)), float)

    @property
    def unit(self) -> np.ndarray:
        """Directions of the features, 0 for one of negligible norm, (k, n, m)."""
        norms = np.linalg.norm(self.W, axis=-1, keepdims=True)
        return np.where(norms > SMALLEST, self.W / np.maximum(norms, SMALLEST), 0.0)

    @property
    def blocks(self) -> np.ndarray:
        """Which features are in one block, by |cos|, bool (k, n, n)."""
        labels = metrics.tegum_factors(jnp.asarray(self.unit, jnp.float32), threshold=CLUSTERED)
        return np.asarray(metrics.same_component(labels))

    @property
    def spread(self) -> np.ndarray:
        """Relative deviation of the frame's eigenvalues in the block of each feature, (k, n)."""
        found = metrics.block_spread(
            jnp.asarray(self.W, jnp.float32), jnp.asarray(self.blocks), tolerance=1e-2
        )
        return np.asarray(found, float)


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on the allocation of capacity and draw it.

    Args:
        datasets: {"sweep": a sweep of the quadratic model over kurtosis and seed}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure: capacities, and the Gram matrix of two models.
    """
    best = best_of(datasets["sweep"], datasets["sweep"]["loss"].isel(step=-1)).sortby("kurtosis")
    decay = store.config_of(best)["model.importance_decay"]
    allocation = Allocation(
        kurtosis=best["kurtosis"].to_numpy().astype(float),
        values=float(decay) ** np.arange(best.sizes["feature"]),
        W=best["W"].transpose("kurtosis", "feature", "hidden").to_numpy().astype(float),
        loss=best["best_loss"].to_numpy().astype(float),
    )
    _draw(folder / "capacity.png", allocation)
    caption = (
        "Left: capacity of each feature, in order of importance; lines are the exact optimum, dots"
        " trained models. Middle and right: |cos| between features at two kurtoses; features with a"
        " neuron for themselves are orthogonal to all others, and the rest forms one block."
    )
    alt = "Capacity against importance for several kurtoses, and two matrices of cosines."
    verdicts = settle(judge(allocation), best.get("fragile"))
    return Findings(verdicts, [Figure("capacity.png", alt, caption)])


def judge(allocation: Allocation) -> list[Verdict]:
    """Verdicts on the claims; those on several kurtoses are not run with one."""
    n, m = allocation.W.shape[1:]
    claims, C = _claims(n, m), allocation.capacity
    shared = ((C > NEGLIGIBLE) & (C < 1 - NEGLIGIBLE)).sum(-1)
    exact = [
        (
            theory.optimal_capacities(allocation.values, n_hidden=m, kurtosis=k)[0],
            theory.optimal_loss(allocation.values, n_hidden=m, kurtosis=k),
        )
        for k in allocation.kurtosis
    ]
    capacities, losses = (np.array(part) for part in zip(*exact, strict=True))
    gram = np.abs(allocation.W @ np.swapaxes(allocation.W, -1, -2))
    # In the model with most features that share neurons: how many are in the block of each.
    most = int(shared.argmax())
    partly = (C[most] > NEGLIGIBLE) & (C[most] < 1 - NEGLIGIBLE)
    sizes = allocation.blocks[most][np.ix_(partly, partly)].sum(-1)
    return [
        claims["ordered"].judge(np.diff(C, axis=-1).max()),
        claims["packed"].judge(np.abs(C.sum(-1) - m).max()),
        claims["important"].judge(C[:, 0].min()),
        claims["unimportant"].judge(C[:, -1].max()),
        claims["kurtosis"].judge(
            np.diff(shared).min() if len(shared) > 1 else None, f"counts {shared.tolist()}"
        ),
        claims["exact"].judge(np.abs(C - capacities).max()),
        claims["loss"].judge((allocation.loss / losses - 1).max()),
        claims["between"].judge(np.where(allocation.blocks, 0.0, gram).max(), BY_NORM),
        claims["within"].judge(allocation.spread.max(), BY_NORM),
        claims["large_block"].judge(
            sizes.max() / partly.sum() if partly.any() else None,
            f"{partly.sum()} features share neurons at κ={allocation.kurtosis[most]:.3g}; "
            + BY_NORM,
        ),
    ]


def _claims(n: int, m: int) -> dict[str, Claim]:
    of = partial(
        claims_of,
        "scherlis/capacity",
        paper="Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks",
        setting=f"n={n}, m={m}, v_i a geometric series, kurtosis from 2 to 32, best of several"
        " instances, trained on the expected loss",
    )
    allocation: tuple[Row, ...] = (
        ("ordered", "capacity never rises as importance falls; largest rise", "<=", 0,
         0.01),
        ("packed", "capacities add up to the number of neurons; largest deviation",
         "<=", 0, 0.01),
        ("important", "the most important feature has capacity 1 at every kurtosis;"
         " least", ">=", 1, 0.01),
        ("unimportant", "the least important feature has capacity 0 at every kurtosis;"
         " largest", "<=", 0, 0.01),
        ("kurtosis", "the number of features with 0 < C < 1 never falls as kurtosis"
         " rises; least change", ">=", 0, 0),
        ("exact", "capacities are those of the exact optimum (water-filling, derived"
         " here); largest deviation", "<=", 0, 0.02),
        ("loss", "the best loss is the exact optimum; largest relative excess", "<=", 0,
         0.001),
    )  # fmt: skip
    geometry: tuple[Row, ...] = (
        ("between", "W is block-semi-orthogonal: clustered by |cos| > 0.1, the largest"
         " |W_i·W_j| between blocks", "<=", 0, 0.01),
        ("within", "in each block the frame operator is a multiple of the identity:"
         " largest relative standard deviation of its eigenvalues", "<=", 0, 0.05),
        ("large_block", "blocks of the quadratic model are large: the features that share"
         " neurons form one; its share of them", "=", 1, 0),
    )  # fmt: skip
    return of(allocation, section="3, allocation of capacity") | of(
        geometry, section="4, geometry of efficient packing"
    )


def _draw(path: Path, allocation: Allocation) -> None:
    figure, axes = new_figure(1, 3, width=12, height=3.8, width_ratios=(1.3, 1, 1))
    n, m = allocation.W.shape[1:]
    features = np.arange(n)
    pairs = zip(allocation.kurtosis, allocation.capacity, strict=True)
    for (kurtosis, C), colour in zip(pairs, PALETTE, strict=False):
        exact, _ = theory.optimal_capacities(allocation.values, n_hidden=m, kurtosis=kurtosis)
        axes[0].plot(features, exact, color=colour, linewidth=1)
        axes[0].plot(features, C, "o", color=colour, markersize=4, label=f"κ = {kurtosis:.3g}")
    axes[0].set(xlabel="feature, from the most important", ylabel="capacity", ylim=(-0.03, 1.03))
    axes[0].legend(frameon=False, fontsize=8)
    for axis, row in zip(axes[1:], (len(allocation.W) // 2, -1), strict=True):
        unit = allocation.unit[row]
        mesh = axis.imshow(np.abs(unit @ unit.T), cmap="cividis", vmin=0, vmax=1)
        axis.set(title=f"|cos|, κ = {allocation.kurtosis[row]:.3g}", xlabel="feature")
        figure.colorbar(mesh, ax=axis, shrink=0.8)
    save(figure, path)
