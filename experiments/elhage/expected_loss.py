"""The expected loss of trained toy autoencoders: unlike densities, correlated sets.

Source: Elhage et al. 2022, Toy Models of Superposition, "Demonstrating Superposition" (the loss),
here by the set of features that are on and quasi-random points in its cube (Sobol 1967), in
float64 and independently of the training code. All models see the same points, so that losses of
two models differ by far less noise than each has.
"""

from itertools import product

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]
LOG2_POINTS = 10


def expected_loss(W: Array, b: Array, densities: Array, set_size: int = 1) -> Array:
    """E Σ_i (x_i - ReLU(W Wᵀ x + b)_i)² for independent sets of features, U(0, 1) where on.

    Args:
        W: weights, (k, n, m).
        b: bias, (k, n).
        densities: probability that each set is on, (k, n / set_size) or broadcast to it.
        set_size: features in a set, which follow each other and are on together.

    Returns:
        The loss of each model, (k,), to about one part in a thousand.
    """
    n_sets = W.shape[-2] // set_size
    gram = W @ np.swapaxes(W, -1, -2)
    total = np.zeros(len(W))
    for on in product([False, True], repeat=n_sets):
        weight = np.where(on, densities, 1 - np.asarray(densities)).prod(-1)
        x = _points(np.repeat(on, set_size))
        error = x - np.maximum(x @ gram + b[:, None], 0.0)
        total += weight * np.square(error).sum(-1).mean(-1)
    return total


def _points(on: NDArray[np.bool_]) -> Array:
    """Points of the cube of the features that are on, the others 0, (n_points, n)."""
    if not on.any():
        return np.zeros((1, len(on)))
    inner = scipy.stats.qmc.Sobol(int(on.sum()), scramble=False).random_base2(LOG2_POINTS)
    points = np.zeros((len(inner), len(on)))
    points[:, on] = inner + 0.5 / len(inner)  # the middle of each cell, not its corner
    return points
