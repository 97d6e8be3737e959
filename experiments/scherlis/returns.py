"""Marginal returns on capacity: the loss that a model can have at each capacity of a feature.

Source: Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks (arXiv 2210.01892),
section 3 and its figure of losses against capacity: where returns increase all the way one feature
takes the neuron, and where they diminish both share it.

A trained model has one capacity only. What the loss is at others is measured on the way: gradient
descent soon finds the best size of the weights for the direction that they have, and then moves
along the curve. In each bin of capacity the model nearest to the curve of `theory` counts.
"""

from typing import Any, NamedTuple

import numpy as np
import xarray

from experiments.scherlis import theory
from superpos.app.claims.ledger import Claim, Row, Verdict, claims_of
from superpos.app.plots.figures import PALETTE
from superpos.train import store

N_BINS = 20
FIRST = "first with 64 instances: 0.044 in one bin, at the top of a curve where few stay"
"""On the number of instances."""
SHARED = 0.01
"""Both features are represented where each has at least this capacity."""


class Returns(NamedTuple):
    """Models on the way, at each kurtosis from the smallest up.

    Attributes:
        kurtosis: κ, (k,).
        ratio: v2 / v1.
        capacity: of the more important feature in the model that counts in each bin, nan where no
            model came by, (k, N_BINS).
        loss: of the same models, (k, N_BINS).
        excess: their loss over the least at their capacity, less 1, (k, N_BINS).
        final: capacity of the more important feature in the best model at the end, (k,).
    """

    kurtosis: np.ndarray
    ratio: float
    capacity: np.ndarray
    loss: np.ndarray
    excess: np.ndarray
    final: np.ndarray


def measure(dataset: xarray.Dataset) -> Returns:
    """The models that count, of a sweep of two features and one neuron over kurtosis and seed."""
    dataset = dataset.sortby("kurtosis").transpose("kurtosis", "seed", "step", ...)
    ratio = float(store.config_of(dataset)["model.importance_decay"])
    kurtosis = dataset["kurtosis"].to_numpy().astype(float)
    C = dataset["feature_dimensionality"].isel(feature=0).to_numpy().astype(float)
    loss = dataset["loss"].where(store.finished(dataset), np.inf).to_numpy().astype(float)
    rows = [_nearest(*row, ratio) for row in zip(kurtosis, C, loss, strict=True)]
    best = loss[..., -1].argmin(-1)
    return Returns(kurtosis, ratio, *np.stack(rows, axis=1), final=C[np.arange(len(C)), best, -1])


def _nearest(kurtosis: float, C: np.ndarray, loss: np.ndarray, ratio: float) -> np.ndarray:
    """Capacity, loss and excess of the model that counts in each bin, (3, N_BINS)."""
    excess = loss / theory.shared_neuron_loss(C, ratio=ratio, kurtosis=kurtosis) - 1
    bins = np.minimum((C * N_BINS).astype(int), N_BINS - 1)
    found = np.full((3, N_BINS), np.nan)
    for number in np.unique(bins):
        at = np.unravel_index(np.where(bins == number, excess, np.inf).argmin(), C.shape)
        found[:, number] = C[at], loss[at], excess[at]
    return found


def slope_at_one(returns: Returns) -> np.ndarray:
    """Slope of the measured loss over the last bins that were met, (k,); nan for less than two."""
    slopes = np.full(len(returns.kurtosis), np.nan)
    for row, (C, loss) in enumerate(zip(returns.capacity, returns.loss, strict=True)):
        met = np.flatnonzero(~np.isnan(C))
        if len(met) > 1:
            last, before = met[-1], met[-2]
            slopes[row] = (loss[last] - loss[before]) / (C[last] - C[before])
    return slopes


def judge(returns: Returns) -> list[Verdict]:
    """Verdicts on the curves."""
    claims = _claims(returns.ratio)
    slopes = slope_at_one(returns)
    known = ~np.isnan(slopes)
    alone = returns.final > 1 - SHARED
    met = int((~np.isnan(returns.capacity)).sum())
    return [
        claims["returns"].judge(
            np.nanmax(returns.excess), f"{met} of {returns.capacity.size} bins were met; {FIRST}"
        ),
        claims["sharing"].judge(
            int(((slopes < 0) != alone)[known].sum()) if known.any() else None,
            f"one feature takes all at {int(alone.sum())} of {len(alone)} kurtoses",
        ),
    ]


def _claims(ratio: float) -> dict[str, Claim]:
    rows: tuple[Row, ...] = (
        ("returns", "the loss against the capacity of a feature is the least at that capacity"
         " (derived here); largest relative excess over bins of capacity", "<=", 0, 0.02),
        ("sharing", "one feature takes the neuron where more capacity still returns something at a"
         " capacity of 1, and both share it where it does not; kurtoses where that fails", "<=", 0,
         0),
    )  # fmt: skip
    return claims_of(
        "scherlis/phase",
        rows,
        paper="Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks",
        section="3, marginal returns on capacity",
        setting=f"n=2, m=1, v2/v1={ratio:g}, six kurtoses from 1.5 to 10, all steps of 256"
        " instances of gradient descent on the expected loss",
    )


def draw(axis: Any, returns: Returns) -> None:
    """Measured loss against capacity (dots), the least at each (lines), the final model (rings)."""
    C = np.linspace(0, 1, 201)
    rows = zip(returns.kurtosis, returns.capacity, returns.loss, returns.final, strict=True)
    for (kurtosis, capacity, loss, final), colour in zip(rows, PALETTE, strict=False):
        scale = kurtosis - 1
        curve = theory.shared_neuron_loss(C, ratio=returns.ratio, kurtosis=kurtosis)
        axis.plot(C, curve / scale, color=colour, linewidth=1, label=f"κ = {kurtosis:.3g}")
        axis.plot(capacity, loss / scale, "o", color=colour, markersize=3.5)
        least = theory.shared_neuron_loss(final, ratio=returns.ratio, kurtosis=kurtosis)
        axis.plot(final, least / scale, "o", color=colour, markersize=10, mfc="none")
    axis.set(xlabel="capacity of feature 1", ylabel="loss / (κ - 1)")
    axis.legend(frameon=False, fontsize=8)
