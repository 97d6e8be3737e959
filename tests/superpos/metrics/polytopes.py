"""Polytopes built by hand from their usual coordinates, for the tests of what recognises them."""

import numpy as np

GOLDEN = (1 + 5**0.5) / 2


def ring(n: int, z: float = 0.0, turn: float = 0.0) -> np.ndarray:
    """Unit vectors to the corners of a regular polygon at height z, (n, 3)."""
    angles = 2 * np.pi * (np.arange(n) + turn) / n
    radius = np.sqrt(1 - z**2)
    return np.stack([radius * np.cos(angles), radius * np.sin(angles), np.full(n, z)], axis=1)


POLES = np.array([[0.0, 0, 1], [0, 0, -1]])
TETRAHEDRON = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / 3**0.5
FIGURES: dict[str, np.ndarray] = {
    "single": np.array([[1.0]]),
    "digon": np.array([[1.0], [-1.0]]),
    "triangle": ring(3)[:, :2],
    "square": np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]]),
    "pentagon": ring(5)[:, :2],
    "hexagon": ring(6)[:, :2],
    "heptagon": ring(7)[:, :2],
    "octagon": ring(8)[:, :2],
    "tetrahedron": TETRAHEDRON,
    "triangular bipyramid": np.concatenate([ring(3), POLES]),
    "octahedron": np.concatenate([np.eye(3), -np.eye(3)]),
    "pentagonal bipyramid": np.concatenate([ring(5), POLES]),
    "square antiprism": np.concatenate([ring(4, 3**-0.5), ring(4, -(3**-0.5), turn=0.5)]),
    "cube": np.concatenate([TETRAHEDRON, -TETRAHEDRON]),
    "5-cell": np.concatenate(
        [15**0.5 / 4 * np.pad(TETRAHEDRON, [(0, 0), (0, 1)], constant_values=-(15**-0.5))]
        + [np.array([[0.0, 0, 0, 1]])]
    ),
    "5-simplex": 1.2**0.5 * np.linalg.svd(np.eye(6) - 1 / 6)[0][:, :5],
    "other": np.array([[0.0, 1, GOLDEN], [1, GOLDEN, 0], [GOLDEN, 0, 1], [1, -1, 0.3]]),
}
"""Name -> directions, (k, dimensions)."""
LEVELS = {
    "single": 1.0,
    "digon": 1 / 2,
    "triangle": 2 / 3,
    "pentagon": 2 / 5,
    "hexagon": 1 / 3,
    "tetrahedron": 3 / 4,
    "octahedron": 1 / 2,
    "square antiprism": 3 / 8,
    "cube": 3 / 8,
    "5-cell": 4 / 5,
    "5-simplex": 5 / 6,
}
"""Feature dimensionality in the figures that are uniform."""


def direct_sum(*blocks: np.ndarray) -> np.ndarray:
    """Blocks in orthogonal subspaces: rows and dimensions add up."""
    widths = [block.shape[1] for block in blocks]
    starts = np.cumsum([0, *widths])
    rows = [
        np.pad(block, [(0, 0), (start, starts[-1] - start - block.shape[1])])
        for block, start in zip(blocks, starts, strict=False)
    ]
    return np.concatenate(rows)


def padded(rows: np.ndarray, n: int = 12, m: int = 6) -> np.ndarray:
    """With zero rows and columns, so that all figures share a compile."""
    return np.pad(rows, [(0, n - rows.shape[0]), (0, m - rows.shape[1])])


def rotation(seed: int, dimensions: int) -> np.ndarray:
    """A random orthogonal matrix."""
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(dimensions, dimensions)))[0]
