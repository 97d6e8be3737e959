"""Where the best trained model, and where the exact optimum, goes from sharing to not sharing."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.elhage.phase_change import theory
from superpos.arguments import ArgumentError
from superpos.store.best import fragile_of
from superpos.train import best_of, store

N_FINE = 61
"""Densities at which the exact optimum is looked for, around the closed form."""
AROUND = (0.7, 1.5)


class Boundaries(NamedTuple):
    """Trained models at each density (rows) and importance r of the second feature (columns).

    Attributes:
        density: p, from the smallest up, (n_p,).
        ratio: r, from the smallest up, (n_r,).
        loss: exact loss of the best model, (n_p, n_r).
        optimum: the least loss there is, (n_p, n_r).
        shared: whether the best model has both features in its dimension, bool (n_p, n_r).
        instances: share of the instances that finished which have, (n_p, n_r).
        closed_form: p* = 4 r / (2 + 5 r), (n_r,).
        exact: density from which the optimum shares no more, inf where it does beyond 1.5 p*,
            (n_r,).
        fragile: where the best is sensitive to rounding, bool (n_p, n_r); None when not checked.
    """

    density: np.ndarray
    ratio: np.ndarray
    loss: np.ndarray
    optimum: np.ndarray
    shared: np.ndarray
    instances: np.ndarray
    closed_form: np.ndarray
    exact: np.ndarray
    fragile: np.ndarray | None

    @property
    def trained(self) -> np.ndarray:
        """Density from which the best model shares no more, inf where it does at all, (n_r,)."""
        return np.array([last_shared(self.density, column) for column in self.shared.T])

    @property
    def step(self) -> float:
        """Between two densities; nan with one."""
        return float(np.diff(self.density).max()) if len(self.density) > 1 else np.nan


def measure(datasets: Mapping[str, xarray.Dataset]) -> Boundaries:
    """Take the best models by their exact loss, and the exact optima.

    Args:
        datasets: {"sweep": a sweep of two features and one hidden dimension over density,
            importance_decay and seed}.

    Raises:
        ArgumentError: models have other sizes; one line.
    """
    for key, dim, size in (("data.n_features", "feature", 2), ("model.n_hidden", "hidden", 1)):
        if datasets["sweep"].sizes[dim] != size:
            raise ArgumentError(f"{key}={datasets['sweep'].sizes[dim]}: expected {size}")
    dims = ("density", "importance_decay")
    dataset = datasets["sweep"].sortby([*dims]).transpose(*dims, "seed", ...)
    p, r = (dataset[dim].to_numpy().astype(float) for dim in dims)
    importance = np.stack([np.ones_like(r), r], axis=-1)
    done = store.finished(dataset)
    W, b = (dataset[name].where(done, 0.0).to_numpy().astype(float) for name in ("W", "b"))
    losses = theory.exact_loss(W, b, density=p[:, None, None], importance=importance[None, :, None])
    best = best_of(dataset, dataset["status"].copy(data=losses))
    return Boundaries(
        density=p,
        ratio=r,
        loss=best["best_loss"].to_numpy().astype(float),
        optimum=theory.exact_optima(p, importance, n_hidden=1)[0],
        shared=both(best["W"].to_numpy()),
        instances=both(W).sum(-1) / done.sum("seed").to_numpy(),
        closed_form=closed_form(r),
        exact=np.array([exact_boundary(each) for each in r]),
        fragile=fragile_of(best),
    )


def closed_form(ratio: np.ndarray) -> np.ndarray:
    """p* = 4 r / (2 + 5 r)."""
    return 4 * ratio / (2 + 5 * ratio)


def both(W: np.ndarray) -> np.ndarray:
    """Whether both features are represented and antipodal, W (..., 2, 1) -> bool (...)."""
    return theory.classify(W) == theory.PHASES[2].index("antipodal")


def exact_boundary(ratio: float) -> float:
    """Density from which the exact optimum shares no more; inf where it does beyond 1.5 p*."""
    p = np.linspace(*AROUND, N_FINE) * closed_form(np.array(ratio))
    p = p[p <= 1]
    _, W, _ = theory.exact_optima(p, np.array([[1.0, ratio]]), n_hidden=1, n_random=0)
    return last_shared(p, both(W[:, 0]))


def last_shared(density: np.ndarray, shared: np.ndarray) -> float:
    """The middle between the last density that is shared and the next; 0 or inf without one."""
    at = np.flatnonzero(shared)
    if not at.size:
        return 0.0
    return np.inf if at[-1] == len(density) - 1 else float(density[at[-1] : at[-1] + 2].mean())
