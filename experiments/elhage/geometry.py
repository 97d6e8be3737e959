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


def digon_cosine(W: np.ndarray) -> float:
    """The larger cosine of the two pairs, paired as well as can be; 1 unless four features."""
    kept = W[represented(W)]
    if len(kept) != 4:
        return 1.0
    cos = cosines(kept)
    pairings = (((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2)))
    return float(min(max(cos[first], cos[second]) for first, second in pairings))


def pentagon_deviation(W: np.ndarray) -> float:
    """Largest distance of an angular gap from 72 degrees, in degrees; 360 unless five features."""
    kept = W[represented(W)]
    if len(kept) != 5:
        return 360.0
    angles = np.sort(np.degrees(np.arctan2(kept[:, 1], kept[:, 0])))
    gaps = np.diff(angles, append=angles[0] + 360)
    return float(np.abs(gaps - 72).max())
