"""The random layer that computes every AND, and an untrained one from which ANDs are read.

A neuron of the layer is ReLU(Σ_{i in S} x_i - 1) with each feature in S with probability q. The AND
of i and j is the mean over the neurons whose S has both. It is exact where no third feature is on;
one more in S adds 1, which makes an error of about q (k - 1) where one of the two is on. Where the
inputs are in superposition, unit vectors in as many dimensions as there are neurons, a neuron reads
them with a variance of about m q k / d; for q ∝ 1/√d that is m / d^1.5, and so d ∝ m^(2/3).
"""

from typing import Any, NamedTuple

import numpy as np

PER_PAIR = 9.0
"""Neurons that are to have both of two features, on average: q² d."""
CLASSES = ((0, 0), (1, 0), (1, 1))
"""Features of a pair that are on."""


class Errors(NamedTuple):
    """Mean absolute errors of the AND of a pair, the largest over its CLASSES, of any shape.

    Attributes:
        aligned: with each feature in a dimension of its own.
        superposed: with features in superposition.
        interference: the change of the read-off from the one to the other.
    """

    aligned: Any
    superposed: Any
    interference: Any


def layer_errors(m: int, d: int, k: int, n_pairs: int, rng: np.random.Generator) -> Errors:
    """Errors of one random layer.

    Args:
        m: features, >= k + 2, as of some pairs neither is on.
        d: neurons, and dimensions of inputs in superposition.
        k: features that are on, >= 2.
        n_pairs: pairs of each class, each beside an input of its own.
        rng: what all is drawn from.
    """
    inside = rng.random((m, d), dtype=np.float32) < min(np.sqrt(PER_PAIR / d), 1.0)
    features = rng.standard_normal((m, d), dtype=np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    found = []
    for first, second in CLASSES:
        pairs, on = sparse_inputs(m, k, n_pairs, (first, second), rng)
        both = [np.flatnonzero(inside[i] & inside[j]) for i, j in pairs]
        read = features[on].sum(1) @ features.T  # each feature as it is read, (n_pairs, m)
        exact = np.array(
            [_mean_relu(inside[np.ix_(o, s)].sum(0)) for o, s in zip(on, both, strict=True)]
        )
        noisy = np.array(
            [_mean_relu(row @ inside[:, s]) for row, s in zip(read, both, strict=True)]
        )
        wanted = first * second
        found.append([np.abs(exact - wanted), np.abs(noisy - wanted), np.abs(noisy - exact)])
    return Errors(*np.mean(found, axis=-1).max(axis=0).tolist())


def sparse_inputs(
    m: int, k: int, n: int, state: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of features and, for each, the k features that are on.

    Args:
        m: features, >= k + 2.
        k: of them on.
        n: pairs.
        state: of the two of a pair, 1 for on.
        rng: what they are drawn from.

    Returns:
        Pairs (n, 2) and indices of what is on, (n, k).
    """
    order = np.array([rng.choice(m, k + 2, replace=False) for _ in range(n)])
    pairs, others = order[:, :2], order[:, 2:]
    mine = pairs[:, [at for at, on in enumerate(state) if on]]
    return pairs, np.concatenate([mine, others[:, : k - mine.shape[1]]], axis=1)


def _mean_relu(total: np.ndarray) -> float:
    """The mean of ReLU(total - 1); 0 of no neuron."""
    return float(np.maximum(total - 1.0, 0).mean()) if total.size else 0.0


def needed(widths: np.ndarray, errors: np.ndarray, level: float) -> float:
    """The width from which errors stay at a level or below, interpolated in logs.

    Args:
        widths: rising, (n,).
        errors: at each, > 0, (n,).
        level: > 0.

    Returns:
        The width; nan where the last error is above the level, or the first one below it.
    """
    above = np.flatnonzero(errors > level)
    if not above.size or above[-1] == len(widths) - 1:
        return np.nan
    at = above[-1]
    x, y = np.log(widths[at : at + 2]), np.log(errors[at : at + 2])
    return float(np.exp(x[0] + (np.log(level) - y[0]) * (x[1] - x[0]) / (y[1] - y[0])))


def slope(x: np.ndarray, y: np.ndarray) -> float | None:
    """The power of x by which y grows, by least squares of logs; None of fewer than two points."""
    there = np.isfinite(y)
    if there.sum() < 2:
        return None
    return float(np.polyfit(np.log(x[there]), np.log(y[there]), 1)[0])


def variance_explained(
    m: int, d: int, n_others: float, n_examples: int, rng: np.random.Generator
) -> tuple[float, float]:
    """How much of the AND of two features a linear map reads, on examples it was not fitted to.

    The two are on with probability 1/2, the others so that `n_others` are on on average.

    Args:
        m: features, >= 3.
        d: neurons of the untrained layer, ReLU of a Gaussian matrix without biases.
        n_others: expected number of other features that are on.
        n_examples: that the maps are fitted to, and as many that they are tested on.
        rng: what all is drawn from.

    Returns:
        R² from the neurons, and from the inputs, of which 2/3 is the best there can be.
    """
    p = np.full(m, n_others / (m - 2))
    p[:2] = 0.5
    x = (rng.random((2 * n_examples, m)) < p).astype(float)
    hidden = np.maximum(x @ rng.standard_normal((m, d)) / np.sqrt(m), 0)
    wanted = x[:, 0] * x[:, 1]
    return _held_out(hidden, wanted), _held_out(x, wanted)


def _held_out(features: np.ndarray, wanted: np.ndarray, ridge: float = 1e-3) -> float:
    """R² on the second half of a ridge regression on the first."""
    half = len(wanted) // 2
    features = np.concatenate([features, np.ones((len(features), 1))], axis=1)
    X, y = features[:half], wanted[:half]
    weights = np.linalg.solve(X.T @ X + ridge * np.eye(X.shape[1]), X.T @ y)
    left = wanted[half:] - features[half:] @ weights
    return float(1 - left.var() / wanted[half:].var())
