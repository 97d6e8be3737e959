"""The exact optimum of the quadratic model, by water-filling.

Source: Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks (arXiv 2210.01892),
section 3. Derived here from the loss (κ - 1) Σ (v_i - G_ii)² + 2 Σ_{i≠j} G_ij², G = W Wᵀ:

Its gradient vanishes where W_i F = f_i W_i for F = WᵀW and 2 f_i = (κ - 1)(v_i - G_ii) + 2 G_ii, so
each feature that is represented lies in one eigenspace of F: W falls into blocks, and in each F is
a multiple of the identity. As C_i = G_ii / f_i, a feature with C_i = 1 has f_i = G_ii = v_i, and
one in a block of eigenvalue f has C_i = ((κ - 1) v_i / f - 2) / (κ - 3). Capacities add up to the
number of neurons, which gives f: water-filling between 0 and 1.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def threshold(kurtosis: ArrayLike) -> Array:
    """The v2 / v1 above which two features share one neuron, 2 / (κ - 1); 1 or more for κ <= 3."""
    return 2 / (np.asarray(kurtosis, float) - 1)


def optimal_capacities(values: Array, *, n_hidden: float, kurtosis: float) -> tuple[Array, float]:
    """Capacities at the optimum.

    Args:
        values: v_i > 0, from the largest down, (n,).
        n_hidden: number of neurons, or what there is of them, below n; whole for κ <= 3.
        kurtosis: κ >= 1.

    Returns:
        (C_i (n,), eigenvalue f of the block of the features with 0 < C_i < 1). For κ <= 3 the
        n_hidden most important features have a neuron each, and f is that of the least of them.
    """
    values = np.asarray(values, float)
    if kurtosis <= 3:
        return (np.arange(len(values)) < n_hidden).astype(float), float(values[int(n_hidden) - 1])

    def capacities(f: float) -> Array:
        return np.clip(((kurtosis - 1) * values / f - 2) / (kurtosis - 3), 0.0, 1.0)

    low, high = 1e-12, (kurtosis - 1) * values.max()
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if capacities(middle).sum() > n_hidden else (low, middle)
    return capacities(high), float(high)


def optimal_loss(values: Array, *, n_hidden: int, kurtosis: float) -> float:
    """The loss of `optimal_capacities`.

    Args:
        values: v_i > 0, from the largest down, (n,).
        n_hidden: number of neurons, below n.
        kurtosis: κ >= 1.

    Returns:
        Σ_i (κ - 1)(v_i - G_ii)² + 2 (f_i G_ii - G_ii²), with G_ii = C_i f_i.
    """
    values = np.asarray(values, float)
    C, f = optimal_capacities(values, n_hidden=n_hidden, kurtosis=kurtosis)
    level = np.where(C == 1, values, f)
    own = C * level
    return float(((kurtosis - 1) * (values - own) ** 2 + 2 * own * (level - own)).sum())


def shared_neuron_loss(capacity: Array, *, ratio: float, kurtosis: float) -> Array:
    """Least loss of two features in one neuron at a given capacity of the first.

    With weights a² = s C and b² = s (1 - C) the capacities are C and 1 - C, whatever s.

    Args:
        capacity: C of the more important feature, in [0, 1], (...).
        ratio: v2 / v1 in [0, 1], with v1 = 1.
        kurtosis: κ >= 1.

    Returns:
        (κ - 1) [(1 - a²)² + (v2 - b²)²] + 4 a² b² at the best s, (...). Where it is convex, returns
        on capacity diminish and both features may get some; where it is concave, one takes all.
    """
    C = np.asarray(capacity, float)
    slope = (kurtosis - 1) * (C + ratio * (1 - C))
    curvature = (kurtosis - 1) * (C**2 + (1 - C) ** 2) + 4 * C * (1 - C)
    return (kurtosis - 1) * (1 + ratio**2) - slope**2 / curvature
