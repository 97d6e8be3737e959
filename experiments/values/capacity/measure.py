"""Regret against labels by the width of the pretrained network, and how concepts share it."""

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray

from experiments.flat import finished_members
from experiments.values.curves import Curve, curve_of, means_of, runs_of, values_of, with_number
from superpos import metrics
from superpos.train import store

LEARNERS = {
    "dense": {"pointed": 0, "l1_coefficient": 0.0},
    "sparse": {"pointed": 0, "l1_coefficient": 0.5},
    "corrected": {"pointed": 2, "l1_coefficient": 0.5},
}
POINTER = {"pointed": 2}


class Capacity(NamedTuple):
    """What is measured by the number of hidden units.

    Attributes:
        n_concepts: that every network learned.
        curves: learner -> hidden units -> its curve: "dense" and "sparse" read concepts,
            "corrected" is sparse beside a pointer, and "units" reads the hidden units.
        names: hidden units -> regret of the pointer without labels.
        features_per_dimension: hidden units -> concepts that each has to hold, from the matrix that
            concepts are read out by.
        capacity: hidden units -> mean capacity of a concept, likewise.
    """

    n_concepts: int
    curves: dict[str, dict[float, Curve]]
    names: dict[float, float]
    features_per_dimension: dict[float, float]
    capacity: dict[float, float]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Capacity:
    """Collect the curves.

    Args:
        datasets: the sweeps of the variants.
    """
    pretrained = datasets["pretrained"]
    networks = finished_members(pretrained, {"width": "model.width"}, ("weights.1",))
    widths = networks["width"].to_numpy()
    concepts, units = (
        with_number(runs_of(datasets[name]), "width", widths) for name in ("concepts", "units")
    )
    starts = with_number(runs_of(datasets["concepts"], at=0), "width", widths)
    curves = {name: _curves(concepts, where) for name, where in LEARNERS.items()}
    W = jnp.asarray(networks["weights.1"].to_numpy()).swapaxes(-1, -2)  # 0 where not in use
    features = metrics.effective_features_per_dimension(W) * W.shape[-1] / widths
    capacity = metrics.capacity(W).mean(-1)
    return Capacity(
        n_concepts=int(store.config_of(pretrained)["model.n_outputs"]),
        curves={**curves, "units": _curves(units, {})},
        names={
            each: float(means_of(starts, {**POINTER, "width": each})[-1])
            for each in values_of(starts, "width", POINTER)
        },
        features_per_dimension=_means(np.asarray(features), widths),
        capacity=_means(np.asarray(capacity), widths),
    )


def _curves(runs: xarray.Dataset, where: Mapping[str, float]) -> dict[float, Curve]:
    found = values_of(runs, "width", where)
    return {width: curve_of(runs, {**where, "width": width}) for width in found}


def _means(values: np.ndarray, widths: np.ndarray) -> dict[float, float]:
    """Over the networks of each width."""
    return {float(width): float(values[widths == width].mean()) for width in np.unique(widths)}
