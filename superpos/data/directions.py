"""Directions for more features than there are inputs, and for as many or fewer.

Source: SynthSAEBench (arXiv 2602.14687), with the definitions of SAELens 6.54.12. In NumPy and in
float64, so that machines agree to the last bit of float32 wherever that is possible.
"""

import numpy as np

from superpos.arguments import ArgumentError


def orthogonalised(
    seed: int, n_features: int, n_inputs: int, *, n_steps: int = 100, learning_rate: float = 3e-4
) -> np.ndarray:
    """Random unit vectors that are pushed apart.

    Adam on Σ_{i≠j} (e_i·e_j)² + n_features Σ_i (‖e_i‖² - 1)², scaled to norm 1 once at the end. Its
    gradient takes E (EᵀE) and no Gram matrix of all features.

    Args:
        seed: which vectors, >= 0.
        n_features: rows.
        n_inputs: columns.
        n_steps: of Adam; 0 leaves the vectors as they are drawn.
        learning_rate: of Adam, constant.

    Returns:
        float32 (n_features, n_inputs), rows of norm 1.
    """
    rows = _unit(np.random.default_rng(seed).normal(size=(n_features, n_inputs)))
    mean, square = np.zeros_like(rows), np.zeros_like(rows)
    for step in range(1, n_steps + 1):
        gradient = _gradient(rows)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        root = np.sqrt(square / (1 - 0.999**step)) + 1e-8
        rows = rows - learning_rate * mean / (1 - 0.9**step) / root
    return _unit(rows).astype(np.float32)


def orthonormal(seed: int, n_features: int, n_inputs: int) -> np.ndarray:
    """Random unit vectors, each at a right angle to all others.

    Args:
        seed: which vectors, >= 0.
        n_features: rows, at most n_inputs.
        n_inputs: columns.

    Returns:
        float32 (n_features, n_inputs).

    Raises:
        ArgumentError: there are more features than inputs.
    """
    if n_features > n_inputs:
        raise ArgumentError(f"n_features={n_features}: expected at most n_inputs={n_inputs}")
    columns, upper = np.linalg.qr(np.random.default_rng(seed).normal(size=(n_inputs, n_features)))
    return (columns * np.sign(np.diagonal(upper))).T.astype(np.float32)


def _gradient(rows: np.ndarray) -> np.ndarray:
    squares = (rows**2).sum(1, keepdims=True)
    others = rows @ (rows.T @ rows) - squares * rows
    return 4 * (others + len(rows) * (squares - 1) * rows)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
