"""The loss of trained and of constructed weights, and how alike all features are to a model."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.flat import finished_members
from experiments.persian_rug.loss.theory import constructed, limit
from superpos.store.best import NoMemberError

NUMBERS = {
    "data.n_used": "data.n_features",
    "width": "model.n_hidden",
    "density": "data.density",
}
"""What models differ in: name of the axis, where it is one, and key of the config."""


class Model(NamedTuple):
    """A trained model, beside constructed weights of its size.

    Attributes:
        n: features.
        m: hidden dimensions.
        p: probability that a feature is on.
        trained: the loss for each feature that is on.
        constructed: that of the constructed weights.
        limit: that of weights that treat all features alike, for many features.
        W: W_out W_in, (n, n).
        rug: the constructed weights, (n, n).
        variation: how much features differ, see `variation`.
        lumps: how much of what is added to a feature comes from few others, see `lumps`.
        paired: share of features with an antipode, see `paired`.
    """

    n: int
    m: int
    p: float
    trained: float
    constructed: float
    limit: float
    W: np.ndarray
    rug: np.ndarray
    variation: float
    lumps: float
    paired: float


class Measured(NamedTuple):
    """Models of each width and density, and those of more and more features."""

    grid: list[Model]
    sizes: list[Model]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Measured:
    """Measure the finished models, and make weights of their sizes.

    Args:
        datasets: {"grid": over density and width; "sizes": over n_used, the numbers of features}.

    Raises:
        NoMemberError: no model of the grid finished.
    """
    found = Measured(*(models_of(datasets[name]) for name in ("grid", "sizes")))
    if not found.grid:
        raise NoMemberError("no finished model in the grid")
    return found


def models_of(dataset: xarray.Dataset) -> list[Model]:
    """The finished models of one sweep."""
    flat = finished_members(dataset, NUMBERS, ("W_in", "W_out", "b", "loss"))
    rows = (flat[name].to_numpy() for name in (*NUMBERS, "W_in", "W_out", "b", "loss"))
    return [model(*row) for row in zip(*rows, strict=True)]


def model(
    n: float, m: float, p: float, W_in: np.ndarray, W_out: np.ndarray, b: np.ndarray, loss: float
) -> Model:
    """One model, from its stored parameters with what they are padded with, and its loss."""
    n, m, used = int(n), int(m), slice(int(n))
    W = W_out[used].astype(float) @ W_in[used].astype(float).T
    made = constructed(n, m, p)
    return Model(
        *(n, m, p, float(loss) / (n * p), made.per_active, limit(n, m, p)[1], W, made.W),
        variation=variation(W, b[used].astype(float), p),
        lumps=lumps(W),
        paired=paired(W),
    )


def variation(W: np.ndarray, b: np.ndarray, p: float) -> float:
    """How much features differ, 0 where all are alike.

    For each feature there are three numbers: its weight for itself, what is added on average, which
    is the bias and the mean of what others add, and the standard deviation of that. The largest of
    their standard deviations over the features, over the mean weight of a feature for itself.

    Args:
        W: W_out W_in, (n, n).
        b: bias, (n,).
        p: probability that a feature is on.
    """
    own = np.diagonal(W)
    others = W - np.diag(own)
    spread = np.sqrt(np.square(others).sum(1) * (p / 3 - p**2 / 4))
    numbers = np.stack([own, b + others.sum(1) * p / 2, spread])
    return float(numbers.std(1).max() / abs(own.mean()))


def lumps(W: np.ndarray) -> float:
    """Σ |W_ij|³ / (Σ W_ij²)^(3/2) over j ≠ i, mean over i, that bounds how far from normal it is.

    Between 1/√n, where all others add as much, and 1, where one alone adds; 1.6/√n of normal
    weights.
    """
    others = np.abs(W - np.diag(np.diagonal(W)))
    squares = np.square(others).sum(1)
    return float((np.power(others, 3).sum(1) / np.maximum(squares, 1e-30) ** 1.5).mean())


def paired(W: np.ndarray) -> float:
    """The share of features with an antipode: another one that takes away half of their weight."""
    own = np.diagonal(W)
    return float(((W - np.diag(own)).min(1) < -own / 2)[own > 0].sum() / len(W))
