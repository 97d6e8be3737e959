"""What is left of superposition in models trained against attacks."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.elhage.attacks import Attacked, attack_all
from experiments.elhage.geometry import cosines, represented
from superpos.train import best_of

DENSITY = 0.05
"""The sparse end of the sweep of the experiment on attacks, which the claims are on."""


class Kept(NamedTuple):
    """What models represent, by the norm of the attacks that they were trained against.

    Attributes:
        norms: of the attacks, (n_norms,).
        counts: how many features are represented, (n_norms,).
        cosines: the largest |cosine| between two of these, (n_norms,).
    """

    norms: np.ndarray
    counts: np.ndarray
    cosines: np.ndarray


class Hardened(NamedTuple):
    """Models trained against attacks.

    Attributes:
        attacked: what attacks do to each.
        kept: what the best models near DENSITY represent.
    """

    attacked: Attacked
    kept: Kept


class Curve(NamedTuple):
    """Means over the models of a density, by the norm of the attacks in training.

    Attributes:
        norms: of the attacks, rising, (n_norms,).
        features: features per dimension, (n_norms,).
        relative: vulnerability relative to a model without superposition, (n_norms,).
        clean: the loss without an attack, (n_norms,).
    """

    norms: np.ndarray
    features: np.ndarray
    relative: np.ndarray
    clean: np.ndarray


def measure(datasets: Mapping[str, xarray.Dataset]) -> Hardened:
    """Attack the models, and look at what they represent.

    Args:
        datasets: {"sweep": a sweep over density and attack_norm, and perhaps seed, of ReLU models
            with equal importances}.

    Raises:
        NoMemberError: no model is finished.
    """
    dataset = datasets["sweep"]
    return Hardened(attack_all(dataset), kept_of(dataset))


def curve(attacked: Attacked, density: float) -> Curve:
    """What attacks do to the models of a density."""
    here = np.isclose(attacked.density, density)
    norms = attacked.trained_against[here]
    distinct = np.unique(norms)
    features, relative, clean = (
        np.array([values[here][norms == norm].mean() for norm in distinct])
        for values in (attacked.features, attacked.relative, attacked.clean)
    )
    return Curve(distinct, features, relative, clean)


def kept_of(dataset: xarray.Dataset) -> Kept:
    """What the best model at each norm represents, at the density nearest to DENSITY."""
    best = dataset
    if "seed" in dataset.dims:
        best = best_of(dataset, dataset["loss"].isel(step=-1))
    best = best.sel(density=DENSITY, method="nearest")
    rows = [W[represented(W)].astype(float) for W in best["W"].to_numpy()]
    largest = [np.abs(cosines(each) - np.eye(len(each))).max(initial=0.0) for each in rows]
    counts = np.array([len(each) for each in rows])
    return Kept(best["attack_norm"].to_numpy(), counts, np.array(largest))
