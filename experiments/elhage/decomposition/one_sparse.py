"""The loss of a tied ReLU autoencoder on inputs with one feature, in closed form.

Source: Elhage et al. 2022, Toy Models of Superposition, "Mathematical Understanding": to lowest
orders in the density, L = (1 - p)^n L0 + n p (1 - p)^(n - 1) L1, and L1 parts into how well each
feature comes back (the feature benefit) and what it does to the others (interference). In float64;
leading dimensions broadcast.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def zero_loss(b: Array, importance: ArrayLike) -> Array:
    """L0, the loss where no feature is on.

    Args:
        b: bias, (..., n_features).
        importance: I >= 0, (..., n_features).

    Returns:
        Σ_j I_j ReLU(b_j)², (...).
    """
    return (np.asarray(importance, float) * np.maximum(b, 0) ** 2).sum(-1)


def own_cost(W: Array, b: Array, importance: ArrayLike) -> Array:
    """What is lost of each feature when it is on alone: the less, the more benefit it brings.

    Args:
        W: feature directions, (..., n_features, n_hidden).
        b: bias, (..., n_features).
        importance: I >= 0, (..., n_features).

    Returns:
        I_i ∫ (x - ReLU(‖W_i‖² x + b_i))² dx over x in (0, 1), (..., n_features); I_i / 3 for a
        feature that does not come back at all.
    """
    return np.asarray(importance, float) * integral((W**2).sum(-1), b, target=1.0)


def interference_cost(W: Array, b: Array, importance: ArrayLike) -> Array:
    """What each feature does to the output of each other one when it is on alone.

    Args:
        W: feature directions, (..., n_features, n_hidden).
        b: bias, (..., n_features).
        importance: I >= 0, (..., n_features).

    Returns:
        I_j ∫ ReLU(W_i·W_j x + b_j)² dx over x in (0, 1), (..., i, j), 0 for i = j. It is 0 where
        neither W_i·W_j nor b_j is positive: negative interference is free.
    """
    gram = W @ np.swapaxes(W, -1, -2)
    costs = integral(gram, np.broadcast_to(b[..., None, :], gram.shape), target=0.0)
    costs = np.asarray(importance, float)[..., None, :] * costs
    return np.where(np.eye(W.shape[-2], dtype=bool), 0.0, costs)


def one_sparse_loss(W: Array, b: Array, importance: ArrayLike) -> Array:
    """L1, the loss where one feature is on, each as often: (...)."""
    total = own_cost(W, b, importance).sum(-1) + interference_cost(W, b, importance).sum((-2, -1))
    return total / W.shape[-2]


def truncated_loss(W: Array, b: Array, *, density: ArrayLike, importance: ArrayLike) -> Array:
    """The part of the expected loss from inputs with no feature or one.

    Args:
        W: feature directions, (..., n_features, n_hidden).
        b: bias, (..., n_features).
        density: p in (0, 1], (...).
        importance: I >= 0, (..., n_features).

    Returns:
        (1 - p)^n L0 + n p (1 - p)^(n - 1) L1, (...); the whole loss up to terms in p².
    """
    n, p = W.shape[-2], np.asarray(density, float)
    none, one = (1 - p) ** n, n * p * (1 - p) ** (n - 1)
    return none * zero_loss(b, importance) + one * one_sparse_loss(W, b, importance)


def integral(slope: Array, offset: Array, *, target: float) -> Array:
    """∫ (target x - ReLU(slope x + offset))² dx over (0, 1), of the shape of slope and offset.

    Where the ReLU is on is an interval; two Gauss nodes integrate a square of degree 2 exactly.
    """
    flat = np.abs(slope) < 1e-100
    root = np.clip(-offset / np.where(flat, 1.0, slope), 0.0, 1.0)
    low = np.where(flat, np.where(offset > 0, 0.0, 1.0), np.where(slope > 0, root, 0.0))
    high = np.where(flat, 1.0, np.where(slope > 0, 1.0, root))
    nodes, weights = np.polynomial.legendre.leggauss(2)
    total = np.full(np.shape(low), target**2 / 3)
    for node, weight in zip(nodes, weights, strict=True):
        x = low + (high - low) * (1 + node) / 2
        error = target * x - (slope * x + offset)
        total += weight / 2 * (high - low) * (error**2 - (target * x) ** 2)
    return np.maximum(total, 0.0)  # rounding may fall below
