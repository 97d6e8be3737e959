"""The loss of a linear student y' = B x of y = A x, in closed form.

With M = E x xᵀ the loss is tr(D M Dᵀ) of D = A - B, and a step of gradient descent is D <- D (1 -
2 η M). In the eigenvectors of M every direction falls for itself. Where M is diagonal, with
E x_i² = λ_i, L(t) = Σ λ_i a_i² (1 - 2 η λ_i)^2t, which for λ_i ∝ i^-a and a_i ∝ i^-b falls like
t^-(a + 2b - 1)/a while there are enough features (Chen et al. 2026, without superposition).
"""

import numpy as np


def exponent(a: float, b: float) -> float:
    """(a + 2b - 1) / a, of frequencies i^-a and importances i^-b of any number of features."""
    return (a + 2 * b - 1) / a


def second_moments(p: np.ndarray) -> np.ndarray:
    """E x xᵀ (n, n) of independent features, uniform on (0, 1] with probability p (n,)."""
    return np.diag(p / 3 - p**2 / 4) + np.outer(p, p) / 4


def losses(p: np.ndarray, importance: np.ndarray, rate: float, steps: np.ndarray) -> np.ndarray:
    """The expected loss after gradient descent from B = 0.

    Args:
        p: probabilities of the features, (n,).
        importance: the diagonal of A, (n,).
        rate: learning rate η.
        steps: updates, (k,).

    Returns:
        (k,), float64.
    """
    moments, directions = np.linalg.eigh(second_moments(p))
    start = np.square(importance[:, None] * directions).sum(0) * moments
    return np.power(np.abs(1 - 2 * rate * moments), 2 * steps[:, None]) @ start


def learned(p: np.ndarray, rate: float, number: int) -> float:
    """Updates after which the error of one feature has fallen by e, 1 / (4 η λ_i), λ_i = p_i / 3.

    Args:
        p: probabilities of the features, (n,).
        rate: learning rate η.
        number: of the feature, from 1 on.
    """
    return float(3 / (4 * rate * p[number - 1]))
