"""Exact loss of the model with one feature at a time, and its critical points, in NumPy float64.

Source: Chen et al. 2023, Dynamical versus Bayesian Phase Transitions in a Toy Model of
Superposition (arXiv 2310.06301), section 3 and appendix: x = μ e_i, i uniform, μ ~ U[0, 1],
x' = ReLU(W Wᵀ x + b), L = E ‖x - x'‖². Output j of input i is ReLU(μ g + b_j) with g = W_i·W_j, a
line that is cut off at 0, so every expectation over μ is the integral of a polynomial over the part
of [0, 1] where the line is above 0. The derivatives of the ends of that part drop out, since the
integrand is 0 there.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import scipy

N_FEATURES = 6
VESTIGIAL = 1 / (2 * N_FEATURES)
"""Optimal bias of a feature that is not represented, in a point called with a +."""
UNUSED = -0.5
"""Bias of the other features without a direction; any negative number does."""


class Point(NamedTuple):
    """A critical point: a regular polygon of features, the others without a direction.

    Attributes:
        W: feature directions, (n, 2).
        b: biases, (n,).
        radius: l*, the norm of the features in the polygon.
        bias: b*, their bias.
    """

    W: np.ndarray
    b: np.ndarray
    radius: float
    bias: float


KINDS: Mapping[str, tuple[int, int]] = {
    "4": (4, 0),
    "4+": (4, 1),
    "4++": (4, 2),
    "5": (5, 0),
    "5+": (5, 1),
    "6": (6, 0),
}
"""Name -> vertices, and how many of the other features have the bias 1/12."""
LLC = {"5": 7.0, "5+": 8.5, "6": 8.5}
"""Local learning coefficients: half the dimensions in which the loss grows quadratically, which are
three for each feature that is on less the rotation (Chen et al. 2023, table of k-gons)."""


def exact_loss(W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """L(W, b), unhalved.

    Args:
        W: feature directions, (..., n, m).
        b: biases, (..., n).

    Returns:
        E ‖x - x'‖², (...).
    """
    squares, products, _, _ = _integrals(W, b)
    n = W.shape[-2]
    own = np.trace(products, axis1=-2, axis2=-1)
    return (squares.sum((-2, -1)) - 2 * own) / n + 1 / 3


def gradient(W: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The gradient of the exact loss.

    Args:
        W: feature directions, (..., n, m).
        b: biases, (..., n).

    Returns:
        dL/dW (..., n, m) and dL/db (..., n).
    """
    _, products, outputs, moments = _integrals(W, b)
    n = W.shape[-2]
    eye = np.eye(n)
    of_products = 2 * (products - eye * moments[1]) / n
    of_biases = 2 * (outputs - eye * moments[0]).sum(-2) / n
    return (of_products + np.swapaxes(of_products, -1, -2)) @ W, of_biases


def critical_point(name: str) -> Point:
    """A k-gon, from the zero of the gradient within polygons.

    Args:
        name: of KINDS.

    Returns:
        The point.
    """
    vertices, n_plus = KINDS[name]
    if vertices == 4:
        radius, bias = 1.0, 0.0
    else:
        start = [1.1, -0.2] if vertices == 5 else [1.3, -0.6]
        found = scipy.optimize.root(_symmetric_gradient, start, args=(vertices,), tol=1e-13)
        radius, bias = found.x
    return polygon(vertices, radius, bias, n_plus)


def polygon(vertices: int, radius: float, bias: float, n_plus: int = 0) -> Point:
    """A regular polygon of the first features, whose others have no direction."""
    angles = 2 * np.pi * np.arange(vertices) / vertices
    W = np.zeros((N_FEATURES, 2))
    W[:vertices] = radius * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    b = np.full(N_FEATURES, UNUSED)
    b[:vertices] = bias
    b[vertices : vertices + n_plus] = VESTIGIAL
    return Point(W, b, float(radius), float(bias))


def level(name: str) -> float:
    """The exact loss of a critical point."""
    point = critical_point(name)
    return float(exact_loss(point.W, point.b))


def half_norm(name: str) -> float:
    """½‖w*‖² of a critical point, the unused biases left out: minus the log of a normal prior."""
    point = critical_point(name)
    used = point.b[point.b != UNUSED]
    return float((np.sum(point.W**2) + np.sum(used**2)) / 2)


def crossing(*, d_loss: float, d_llc: float, d_constant: float) -> float:
    """The larger n at which n dL + dλ log n + dc = 0: where two phases have equal free energy.

    Args:
        d_loss: loss of the second phase minus that of the first, < 0.
        d_llc: the same for the local learning coefficient, > 0.
        d_constant: the same for the constant term.

    Returns:
        n; nan where the first phase never leads.
    """

    def excess(n: float) -> float:
        return n * d_loss + d_llc * np.log(n) + d_constant

    if not (d_loss < 0 < d_llc) or excess(-d_llc / d_loss) <= 0:
        return float("nan")
    return scipy.optimize.root_scalar(excess, bracket=(-d_llc / d_loss, 1e9)).root


def _symmetric_gradient(values: np.ndarray, vertices: int) -> list[float]:
    """Derivatives along the radius and the common bias."""
    point = polygon(vertices, values[0], values[1])
    of_W, of_b = gradient(point.W, point.b)
    return [float(np.sum(of_W * point.W) / values[0]), float(of_b[:vertices].sum())]


def _integrals(
    W: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Integrals over μ where output j of input i is on, each (..., n, n) at [i, j].

    Returns:
        Those of the square of the output, of μ times the output, of the output; and those of μ and
        μ².
    """
    g = W @ np.swapaxes(W, -1, -2)
    bias = np.broadcast_to(b[..., None, :], g.shape)
    cut = np.clip(-bias / np.where(g == 0, 1.0, g), 0.0, 1.0)
    low = np.where(g > 0, cut, np.where((g == 0) & (bias <= 0), 1.0, 0.0))
    high = np.where(g < 0, cut, 1.0)
    length, first, second = ((high**power - low**power) / power for power in (1, 2, 3))
    outputs = g * first + bias * length
    products = g * second + bias * first
    squares = g * products + bias * outputs
    return squares, products, outputs, (first, second)
