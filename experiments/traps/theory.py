"""Three features of unit length in a plane: the best directions, by how often pairs are on.

Source: Shi et al. 2026, Self-Confirming Superposition Traps in Reinforcement Learning (arXiv
2609.32966), the solved model; derived here.

The loss is Σ w_ij g_ij over the three pairs, with overlaps g_ij = cos²(θ_i - θ_j). With the unit
vectors u_i at twice the angles, g_ij = (1 + u_i·u_j) / 2, and for s_k = 1 / w_ij, where k is the
feature that is not in the pair, Σ w_ij u_i·u_j = (‖Σ s_k u_k‖² - Σ s_k²) / (2 s_1 s_2 s_3). It is
least where the s_k u_k are the sides of a triangle, so that the law of cosines gives the angles.
Where one side is longer than both others together, the two others point against it: the pair of
the least weight shares a direction, and the third feature has one of its own.
"""

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LOWER, UPPER = (3 - np.sqrt(5)) / 2, (np.sqrt(5) - 1) / 2
"""Occupancies between which no pair shares a direction: .381966 and .618034."""


def pair_weights(occupancy: ArrayLike) -> Array:
    """Weights of the pairs 12, 13 and 23, for an occupancy p in [0, 1]: (p, 1, 1 - p), (..., 3)."""
    p = np.asarray(occupancy, float)
    return np.stack([p, np.ones_like(p), 1 - p], axis=-1)


def best_overlaps(occupancy: ArrayLike) -> Array:
    """Overlaps of the pairs 12, 13 and 23 at the least loss, for p in [0, 1], (..., 3)."""
    w12, w13, w23 = np.moveaxis(pair_weights(occupancy), -1, 0)
    with np.errstate(divide="ignore"):
        cosines = [
            (others[0] * others[1] / own**2 - others[0] / others[1] - others[1] / others[0]) / 2
            for own, *others in ((w12, w13, w23), (w13, w12, w23), (w23, w12, w13))
        ]
    return (1 + np.clip(np.stack(cosines, axis=-1), -1, 1)) / 2


def loss_of(overlaps: ArrayLike, occupancy: ArrayLike) -> Array:
    """The expected loss p g12 + g13 + (1 - p) g23 of overlaps (..., 3), (...)."""
    return (pair_weights(occupancy) * np.asarray(overlaps, float)).sum(-1)


def least_loss(occupancy: ArrayLike) -> Array:
    """The least expected loss for an occupancy p in [0, 1], (...)."""
    return loss_of(best_overlaps(occupancy), occupancy)


def excess_of_e(overlaps: ArrayLike) -> Array:
    """How much larger the expected loss is after action E than after S: g12 - g23, (...)."""
    overlaps = np.asarray(overlaps, float)
    return overlaps[..., 0] - overlaps[..., 2]


def separator(bonus: float) -> float:
    """The occupancy at which a bonus of E in (-1, 1) pays exactly for the excess at the optimum.

    A policy that visits E less is taught that S is better, and one that visits it more that E is.
    """
    return float(
        scipy.optimize.brentq(lambda p: excess_of_e(best_overlaps(p)) - bonus, LOWER, UPPER)
    )
