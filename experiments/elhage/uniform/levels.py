"""How dimensions per feature and dimensionalities gather at the levels of polytopes."""

import numpy as np
import scipy

from experiments.elhage.expected_loss import expected_loss

LINES = (3 / 4, 2 / 3, 1 / 2, 2 / 5, 3 / 8)
"""Dimensionalities of tetrahedron, triangle, digon, pentagon and square antiprism."""
HALF_WIDTH, BANDWIDTH = 0.02, 0.1
"""What counts as on a line, and the standard deviation that makes the null smooth."""


def digon(density: float) -> float:
    """D* of two features alone in one dimension, at the optimum of their exact loss.

    Args:
        density: p of both, in (0, 1].
    """

    def loss(at: np.ndarray) -> float:
        radius, bias = at
        W, b = np.array([[[radius], [-radius]]]), np.array([[bias, bias]])
        return float(expected_loss(W, b, np.full((1, 2), density))[0])

    found = scipy.optimize.minimize(loss, (1.0, 0.0), method="Nelder-Mead", tol=1e-9)
    return float(1 / (2 * found.x[0] ** 2))


def on_lines(D: np.ndarray) -> tuple[float, float]:
    """Share of dimensionalities on LINES, and the share of their smoothed distribution on (0, 1).

    Args:
        D: dimensionalities, (k,).

    Returns:
        (share, share of the null); zeros where there is none.
    """
    if not D.size:
        return 0.0, 0.0
    grid, null = smooth(D)
    return _near(D).mean(), float(null[_near(grid)].sum() / null.sum())


def smooth(D: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distribution of D (k,) with Gaussian noise, on a grid over (0, 1).

    Returns:
        (grid, density), each (1000,).
    """
    grid = (np.arange(1000) + 0.5) / 1000
    counts, edges = np.histogram(D, bins=500, range=(0, 1))
    centres = (edges[:-1] + edges[1:]) / 2
    null = np.exp(-(((grid[:, None] - centres) / BANDWIDTH) ** 2) / 2) @ counts
    return grid, null / (null.mean() or 1.0)


def _near(D: np.ndarray) -> np.ndarray:
    return np.any(np.abs(D[:, None] - np.array(LINES)) < HALF_WIDTH, axis=-1)
