"""The best model at each point of the diagram, and models on their way."""

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray

from experiments.scherlis import theory
from experiments.scherlis.phase.returns import SHARED, Returns, measure_returns
from superpos import metrics
from superpos.store.best import fragile_of
from superpos.train import best_of

SAMPLED_KURTOSIS, N_SAMPLES = (2.0, 4.0, 8.0), 2**20


class Diagram(NamedTuple):
    """The best model at each kurtosis (rows) and relative importance (columns).

    Attributes:
        kurtosis: κ, from the smallest up, (n_κ,).
        ratio: v2 / v1, from the smallest up, (n_r,).
        W: weights, (n_κ, n_r, 2).
        loss: (n_κ, n_r).
        capacity: of both features, (n_κ, n_r, 2).
        fragile: where it is sensitive to rounding, bool (n_κ, n_r); None when not checked.
    """

    kurtosis: np.ndarray
    ratio: np.ndarray
    W: np.ndarray
    loss: np.ndarray
    capacity: np.ndarray
    fragile: np.ndarray | None

    @property
    def shared(self) -> np.ndarray:
        """Where both features are represented, bool (n_κ, n_r)."""
        return self.capacity.min(-1) > SHARED


class Phases(NamedTuple):
    """What is measured of two features and one neuron.

    Attributes:
        diagram: the best models.
        returns: models on their way.
    """

    diagram: Diagram
    returns: Returns


def measure(datasets: Mapping[str, xarray.Dataset]) -> Phases:
    """Take the best instance at each point, and the models that count on their way.

    Args:
        datasets: {"grid": a sweep of the quadratic model with two features and one neuron over
            kurtosis, importance_decay, which is v2 / v1, and seed; "returns": one over kurtosis and
            seed, measured on the way}.
    """
    return Phases(measure_diagram(datasets["grid"]), measure_returns(datasets["returns"]))


def measure_diagram(dataset: xarray.Dataset) -> Diagram:
    """The best models of a sweep over kurtosis, importance_decay and seed."""
    best = best_of(dataset, dataset["loss"].isel(step=-1)).sortby(["kurtosis", "importance_decay"])
    best = best.transpose("kurtosis", "importance_decay", "feature", "hidden", ...)
    W = best["W"].to_numpy()
    return Diagram(
        kurtosis=best["kurtosis"].to_numpy().astype(float),
        ratio=best["importance_decay"].to_numpy().astype(float),
        W=W[..., 0].astype(float),
        loss=best["best_loss"].to_numpy().astype(float),
        capacity=np.asarray(metrics.capacity(jnp.asarray(W)), float),
        fragile=fragile_of(best),
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
