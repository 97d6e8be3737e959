"""Weights that treat all features alike: constructed ones, and their loss for many features.

The output for a feature of value x is ReLU(a x + b + s g): what the other features add is the sum
of many small terms, so g is normal. Source: Cowsik, Dolev & Infanger 2024, The Persian Rug (arXiv
2410.12101).
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike

from superpos.arguments import ArgumentError, within

NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)
STARTS = (1.0, -0.3), (0.5, 0.0), (0.05, 0.0)
"""Where the search for a scale and a bias begins."""
ENOUGH = {"xatol": 1e-3, "fatol": 1e-7, "maxfev": 200}
"""When it ends."""
Loss = Callable[[np.ndarray], float]
"""(a scale and a bias, (2,)) -> the loss for each feature."""
TRIES = 5
"""Choices of rows, of which the best is taken, as in the published code."""
EXAMPLES = 4096
"""For which the choice, the scale and the bias are best, and of each of the BATCHES that then say
what the loss is."""
BATCHES = 8


class Constructed(NamedTuple):
    """Weights made of a Hadamard matrix.

    Attributes:
        W: W_out W_in with its scale, (n, n).
        per_active: the loss for each feature that is on.
    """

    W: np.ndarray
    per_active: float


def limit(n: int, m: int, p: float) -> tuple[np.ndarray, float]:
    """The best scale and bias for many features, (2,), and the loss for each that is on.

    Args:
        n: features, uniform on (0, 1] where they are on.
        m: hidden dimensions.
        p: probability that a feature is on.
    """

    def of(numbers: np.ndarray) -> float:
        a, b = numbers
        return normal_loss(a, b, abs(a) * np.sqrt((n / m - 1) * (p / 3 - p**2 / 4)), p)

    found, least = best(of, STARTS)
    return found, least / p


def normal_loss(a: float, b: float, s: float, p: float) -> float:
    """E (x - ReLU(a x + b + s g))², g normal and x uniform on (0, 1] with probability p, else 0."""
    x = (NODES + 1) / 2
    first, second = rectified(a * x + b, s)
    on = (WEIGHTS / 2) @ (second - 2 * x * first + x**2)
    return float(p * on + (1 - p) * rectified(np.array(b), s)[1])


def rectified(mean: np.ndarray, s: float) -> tuple[np.ndarray, np.ndarray]:
    """The first and second moments of ReLU(mean + s g), of the shape of the mean; s >= 0."""
    s = max(s, 1e-12)
    above = scipy.special.ndtr(mean / s)
    density = np.exp(-np.square(mean / s) / 2) / np.sqrt(2 * np.pi)
    first = mean * above + s * density
    return first, (mean**2 + s**2) * above + mean * s * density


def best(of: Loss, starts: Sequence[ArrayLike]) -> tuple[np.ndarray, float]:
    """The scale and the bias with the least loss, (2,), and that, from the best of some starts."""
    least = min(
        (
            scipy.optimize.minimize(of, start, method="Nelder-Mead", options=ENOUGH)
            for start in starts
        ),
        key=lambda each: each.fun,
    )
    return least.x, float(least.fun)


def constructed(n: int, m: int, p: float) -> Constructed:
    """Weights a RRᵀ/m with m random columns R of a Hadamard matrix, and one bias.

    Args:
        n: features, a power of two.
        m: hidden dimensions, at most n.
        p: probability that a feature is on.

    Raises:
        ArgumentError: n is no power of two, or m is above n; one line.
    """
    if n & (n - 1):
        raise ArgumentError(f"n_features={n}: expected a power of two, for a Hadamard matrix")
    within(m, "n_hidden", n, f"n_features={n}")
    rng = np.random.default_rng(0)
    hadamard = scipy.linalg.hadamard(n).astype(np.float32)
    columns = [hadamard[:, rng.choice(n, m, replace=False)] for _ in range(TRIES)]
    x, start = _features(rng, n, p), limit(n, m, p)[0]
    R = min(columns, key=lambda each: _sampled(each, x)(start))
    found, _ = best(_sampled(R, x), [start])
    losses = [_sampled(R, _features(rng, n, p))(found) for _ in range(BATCHES)]
    return Constructed(found[0] * R @ R.T / m, float(np.mean(losses)) / p)


def _features(rng: np.random.Generator, n: int, p: float) -> np.ndarray:
    u = rng.random((EXAMPLES, n), np.float32)
    return np.where(u < p, u / np.float32(p), np.float32(0))


def _sampled(R: np.ndarray, x: np.ndarray) -> Loss:
    """The loss of examples x (k, n) by a scale and a bias of R Rᵀ/m, R (n, m)."""
    mapped = (x @ R) @ R.T / np.float32(R.shape[1])

    def of(numbers: np.ndarray) -> float:
        a, b = numbers.astype(np.float32)
        return float(np.square(x - np.maximum(a * mapped + b, 0)).mean())

    return of
