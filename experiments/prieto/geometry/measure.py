"""Whether weights show the order and the curve that the features are drawn from."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import scipy
import xarray

from experiments.flat import finished_members
from superpos.data.curve import Curve, positions
from superpos.store.best import NoMemberError
from superpos.train import store

NUMBERS = {"width": "model.n_hidden", "weight_decay": "optim.weight_decay"}
"""What models differ in: name of the axis, where it is one, and key of the config."""
VARIANTS: Mapping[str, Curve] = {
    "circle": "circle",
    "figure_eight": "figure_eight",
    "independent": "circle",
}
"""Name of a variant -> the curve that its models are compared with."""


class Models(NamedTuple):
    """The finished models of a variant, in no particular order.

    Attributes:
        width: m, (k,).
        decay: of weights, (k,).
        W: zero beyond the width, (k, n_features, most).
        curve: that they are compared with.
    """

    width: np.ndarray
    decay: np.ndarray
    W: np.ndarray
    curve: Curve

    @property
    def ordered(self) -> np.ndarray:
        """Which have the features in their order around the circle, bool (k,)."""
        return np.array([in_order(W) for W in self.W])

    @property
    def explained(self) -> np.ndarray:
        """How much of the curve is in the plane of the two largest components of W, (k,)."""
        points = positions(self.curve, self.W.shape[1])
        return np.array([curve_explained(W, points) for W in self.W])

    @property
    def circulant(self) -> np.ndarray:
        """How much of what differs in W Wᵀ off its diagonal is by the distance alone, (k,)."""
        return np.array([circulant_share(W @ W.T) for W in self.W])

    def where(self, decay: float) -> "Models":
        """Those of one weight decay."""
        chosen = np.isclose(self.decay, decay)
        return Models(self.width[chosen], self.decay[chosen], self.W[chosen], self.curve)


class Geometry(NamedTuple):
    """The models of each variant, and the covariance that features on a circle have."""

    circle: Models
    figure_eight: Models
    independent: Models
    covariance: np.ndarray


def measure(datasets: Mapping[str, xarray.Dataset]) -> Geometry:
    """Take the finished models.

    Args:
        datasets: "circle", "figure_eight" and "independent", sweeps over model.width and
            optim.weight_decay.

    Raises:
        NoMemberError: none of a sweep finished.
    """
    found = {name: models(datasets[name], name) for name in VARIANTS}
    config = store.config_of(datasets["circle"])
    law = float(config["data.sharpness"]), float(config["data.log_odds"])
    return Geometry(**found, covariance=covariance(found["circle"].W.shape[1], *law))


def models(dataset: xarray.Dataset, name: str) -> Models:
    """The finished models of one sweep."""
    flat = finished_members(dataset, NUMBERS, ("W",))
    if not flat.sizes["model"]:
        raise NoMemberError(f"{name}: no finished model")
    W = flat["W"].transpose("model", "feature", "hidden").to_numpy().astype(float)
    width = flat["width"].to_numpy().astype(int)
    W = W * (np.arange(W.shape[-1]) < width[:, None, None])
    return Models(width, flat["weight_decay"].to_numpy(), W, VARIANTS[name])


def covariance(n: int, sharpness: float, log_odds: float = 0.0) -> np.ndarray:
    """Of features that are on with σ(κ cos Δ + b), the point at each of them in turn, (n, n)."""
    angles = 2 * np.pi * np.arange(n) / n
    p = scipy.special.expit(sharpness * np.cos(angles[:, None] - angles) + log_odds)
    within = np.diag((p * (1 - p)).mean(1))
    return np.cov(p, bias=True) + within


def plane(W: np.ndarray) -> np.ndarray:
    """The features in the plane of the two largest components of W about its mean, (n, 2).

    Where W has one dimension, the second component is 0.
    """
    left, sizes, _ = np.linalg.svd(W - W.mean(0), full_matrices=False)
    found = left[:, :2] * sizes[:2]
    return np.pad(found, ((0, 0), (0, 2 - found.shape[1])))


def in_order(W: np.ndarray) -> bool:
    """Whether features go around once in that plane in their order, either way."""
    x, y = plane(W).T
    steps = np.diff(np.arctan2(y, x), append=np.arctan2(y[0], x[0]))
    steps = (steps + np.pi) % (2 * np.pi) - np.pi
    once = np.isclose(abs(steps.sum()), 2 * np.pi)
    return bool(once and ((steps > 0).all() or (steps < 0).all()))


def curve_explained(W: np.ndarray, points: np.ndarray) -> float:
    """R² of points (n, 2) from that plane; by chance 2 / (n - 1)."""
    left, sizes, _ = np.linalg.svd(W - W.mean(0), full_matrices=False)
    basis = left[:, :2][:, sizes[:2] > 1e-9 * max(sizes[0], 1e-300)]
    points = points - points.mean(0)
    return float(np.square(basis.T @ points).sum() / np.square(points).sum())


def circulant_share(gram: np.ndarray) -> float:
    """R² of entries off the diagonal by the cyclic distance of their features; nan of equal ones.

    By chance it is the number of distances, less 1, over the number of pairs, less 1.
    """
    n = len(gram)
    first, second = np.triu_indices(n, 1)
    values, lag = gram[first, second], np.minimum(second - first, n - second + first)
    means = np.array([values[lag == each].mean() for each in range(1, n // 2 + 1)])
    total = np.square(values - values.mean()).sum()
    return float(1 - np.square(values - means[lag - 1]).sum() / total) if total > 0 else np.nan


def off_diagonal_correlation(gram: np.ndarray, other: np.ndarray) -> float:
    """The correlation of two symmetric matrices over their pairs; nan where one is constant."""
    pairs = np.triu_indices(len(gram), 1)
    first, second = (each[pairs] - each[pairs].mean() for each in (gram, other))
    norms = np.linalg.norm(first) * np.linalg.norm(second)
    return float(first @ second / norms) if norms > 0 else np.nan
