"""What the analyses of feature directions share."""

import numpy as np

REPRESENTED = 0.5
"""A feature is represented when its norm exceeds this (Elhage et al. 2022, W_i ~ 0 or 1)."""


def represented(W: np.ndarray) -> np.ndarray:
    """Which features are represented: W (..., n, m) -> bool (..., n)."""
    return np.linalg.norm(W, axis=-1) > REPRESENTED


def cosines(W: np.ndarray) -> np.ndarray:
    """Cosines between the rows of W (..., n, m), (..., n, n); 0 for a zero row."""
    norms = np.linalg.norm(W, axis=-1, keepdims=True)
    unit = W / np.where(norms == 0, 1.0, norms)
    return unit @ np.swapaxes(unit, -1, -2)
