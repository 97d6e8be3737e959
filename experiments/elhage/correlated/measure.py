"""The best models of sets of features, and which sets collapse to their principal component."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.elhage.expected_loss import expected_loss
from experiments.elhage.geometry import represented
from superpos.train import best_of

COLLAPSED = 0.25
"""A pair is collapsed to its principal component when ‖W_1 - W_2‖/√2 is below this."""
THRESHOLDS = {1: 0.05, 2: 0.15, 3: 0.5}
"""Collapsed sets -> the density from which the paper's figure shows that many; three is what it
calls "pure PCA"."""


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
        differences = self.W[..., ::2, :] - self.W[..., 1::2, :]
        return (np.linalg.norm(differences, axis=-1) / np.sqrt(2) < COLLAPSED).sum(-1)


class Sets(NamedTuple):
    """The best models of sets of features that come together, or never do.

    Attributes:
        correlated: weights for two correlated pairs, (4, 2).
        anticorrelated: weights for two anticorrelated pairs, (4, 2).
        local: weights for two correlated sets of ten, (20, 10).
        collapse: three correlated pairs at each density.
        fragile: where the best models are sensitive to rounding, by variant, bool () or (n_p,);
            without those that were not checked.
    """

    correlated: np.ndarray
    anticorrelated: np.ndarray
    local: np.ndarray
    collapse: Collapse
    fragile: Mapping[str, np.ndarray]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Sets:
    """Take the best of the instances.

    Args:
        datasets: "correlated", "anticorrelated" and "local", sweeps over the seed, and "pca", a
            sweep over density and seed.
    """
    best = {
        name: best_of(datasets[name], datasets[name]["loss"].isel(step=-1))
        for name in ("correlated", "anticorrelated", "local")
    }
    best["pca"] = best_by_expected_loss(datasets["pca"])
    W = {name: dataset["W"].to_numpy().astype(float) for name, dataset in best.items()}
    return Sets(
        correlated=W["correlated"],
        anticorrelated=W["anticorrelated"],
        local=W["local"],
        collapse=Collapse(best["pca"]["density"].to_numpy().astype(float), W["pca"]),
        fragile={name: b["fragile"].to_numpy() for name, b in best.items() if "fragile" in b},
    )


def best_by_expected_loss(dataset: xarray.Dataset) -> xarray.Dataset:
    """The best model at each density, rising, by a loss that is the same numbers for all seeds."""
    dataset = dataset.sortby("density").transpose("density", "seed", ...)
    W, b = (np.nan_to_num(dataset[name].to_numpy().astype(float)) for name in ("W", "b"))
    p = np.repeat(dataset["density"].to_numpy().astype(float), dataset.sizes["seed"])
    losses = expected_loss(
        W.reshape(-1, *W.shape[2:]), b.reshape(-1, b.shape[-1]), p[:, None], set_size=2
    )
    return best_of(dataset, dataset["status"].copy(data=losses.reshape(W.shape[:2])))


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
