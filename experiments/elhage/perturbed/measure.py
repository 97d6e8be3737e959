"""The best model at each density of one feature, and the best of each of two kinds."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.elhage.expected_loss import expected_loss
from experiments.elhage.geometry import digon_cosine, represented
from superpos.store.best import fragile_of
from superpos.train import best_of, store


class Branches(NamedTuple):
    """The best model at each relative density, and the best of each kind; densities rise.

    Attributes:
        densities: relative density of the feature that is varied, (n_r,).
        W: weights of the best model, (n_r, 5, 2).
        b: its biases, (n_r, 5).
        pentagon: lowest loss of a model that represents all five, (n_r,); nan for none.
        digons: lowest loss of two digons without the varied feature, (n_r,); nan for none.
        fragile: where the best model is sensitive to rounding, bool (n_r,); None when not checked.
    """

    densities: np.ndarray
    W: np.ndarray
    b: np.ndarray
    pentagon: np.ndarray
    digons: np.ndarray
    fragile: np.ndarray | None = None

    @property
    def is_pentagon(self) -> np.ndarray:
        """Where the best model represents all five features, bool (n_r,)."""
        return np.asarray(represented(self.W).all(-1))

    @property
    def norm(self) -> np.ndarray:
        """Norm of the varied feature in the best model, (n_r,)."""
        return np.linalg.norm(self.W[:, 0], axis=-1)


def measure(datasets: Mapping[str, xarray.Dataset]) -> Branches:
    """Take the best models by the expected loss of each.

    Args:
        datasets: {"sweep": a sweep over the relative density of feature 0 and the seed}.
    """
    dataset = datasets["sweep"]
    [dim] = set(dataset["status"].dims) - {"seed"}
    dataset = dataset.sortby(dim).transpose(dim, "seed", ...)
    relative = dataset[dim].to_numpy().astype(float)
    ok = store.finished(dataset).to_numpy()
    W, b = (np.nan_to_num(dataset[name].to_numpy().astype(float)) for name in ("W", "b"))
    densities = np.full((*ok.shape, 5), store.config_of(dataset)["data.density"])
    densities[..., 0] *= relative[:, None]
    flat = expected_loss(W.reshape(-1, 5, 2), b.reshape(-1, 5), densities.reshape(-1, 5))
    losses = np.where(ok, flat.reshape(ok.shape), np.inf)
    best = best_of(dataset, dataset["status"].copy(data=losses))
    pentagon = np.asarray(represented(W).all(-1))
    digons = np.array([[_is_digons(w) for w in row] for row in W]) & ~represented(W)[..., 0]
    return Branches(
        densities=relative,
        W=best["W"].to_numpy().astype(float),
        b=best["b"].to_numpy().astype(float),
        pentagon=_lowest(losses, pentagon),
        digons=_lowest(losses, digons),
        fragile=fragile_of(best),
    )


def _is_digons(W: np.ndarray) -> bool:
    """Whether W (5, 2) is two antipodal pairs."""
    return digon_cosine(W) <= -0.95


def _lowest(losses: np.ndarray, kind: np.ndarray) -> np.ndarray:
    lowest = np.where(kind, losses, np.inf).min(-1)
    return np.where(np.isfinite(lowest), lowest, np.nan)


def threshold_of(pentagon: np.ndarray, relative: np.ndarray) -> float | None:
    """Halfway between the last density without a pentagon and the next; None for no change.

    Args:
        pentagon: where the best model is a pentagon, bool (n_r,).
        relative: relative densities, rising, (n_r,).
    """
    others = np.flatnonzero(~pentagon)
    if not others.size or others[-1] == len(relative) - 1:
        return None
    return float(relative[others[-1] : others[-1] + 2].mean())


def crossing_of(branches: Branches) -> float | None:
    """Where the losses of the branches cross, between densities at which both are known."""
    gap = branches.pentagon - branches.digons
    known = np.flatnonzero(np.isfinite(gap))
    falls = [(i, j) for i, j in zip(known, known[1:], strict=False) if gap[i] > 0 >= gap[j]]
    if not falls:
        return None
    i, j = falls[-1]
    share = gap[i] / (gap[i] - gap[j])
    return float(branches.densities[i] + share * (branches.densities[j] - branches.densities[i]))
