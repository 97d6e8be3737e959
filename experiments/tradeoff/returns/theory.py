"""Marginal returns of the quadratic model, exactly.

Derived here from its loss (see scherlis/theory): as Σ_j G_ij² = G_ii² / C_i, the loss is a sum over
features of (κ - 1)(v_i - G_ii)² + 2 G_ii² (1 / C_i - 1), which is least at G_ii = C_i f_i with
f_i = (κ - 1) v_i / ((κ - 3) C_i + 2). So the loss on a feature falls by 2 f_i² a unit of capacity.
"""

import numpy as np

from experiments.scherlis.theory import Array, optimal_capacities


def feature_loss(capacity: Array, values: Array, kurtosis: float) -> Array:
    """Least loss on features at given capacities.

    Args:
        capacity: C_i in [0, 1], (...).
        values: v_i > 0, (...).
        kurtosis: κ > 3.

    Returns:
        2 (κ - 1) v_i² (1 - C_i) / ((κ - 3) C_i + 2), (...).
    """
    C = np.asarray(capacity, float)
    return 2 * (kurtosis - 1) * np.square(values) * (1 - C) / ((kurtosis - 3) * C + 2)


def marginal_return(capacity: Array, values: Array, kurtosis: float) -> Array:
    """Minus the derivative of `feature_loss`, 2 f_i², (...)."""
    f = (kurtosis - 1) * np.asarray(values) / ((kurtosis - 3) * np.asarray(capacity) + 2)
    return 2 * f**2


def pinned_loss(
    feature: int, capacity: float, values: Array, *, n_hidden: int, kurtosis: float
) -> float:
    """The least loss with one feature at a given capacity and the others free.

    Args:
        feature: which.
        capacity: of it, in [0, 1].
        values: v_i > 0 from the largest down, (n,).
        n_hidden: number of neurons, below n.
        kurtosis: κ > 3.

    Returns:
        The loss with what is left of the neurons given to the others by water-filling.
    """
    others = np.delete(values, feature)
    C, _ = optimal_capacities(others, n_hidden=n_hidden - capacity, kurtosis=kurtosis)
    rest = feature_loss(C, others, kurtosis).sum()
    return float(rest + feature_loss(np.array(capacity), values[feature], kurtosis))
