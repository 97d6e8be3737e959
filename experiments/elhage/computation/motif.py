"""The asymmetric superposition motif: a large and a small weight on a neuron, and an inhibitor.

Source: Elhage et al. 2022, Toy Models of Superposition, "Computation in Superposition", "The
Asymmetric Superposition Motif": W1 is (2, -1/2) and W2 (1/2, 2) on a neuron that two features
share, so that the first hardly hears the second and the second hears the first four times too
loud; a second neuron that the first feature feeds inhibits the second output.
"""

from typing import NamedTuple

import numpy as np

RATIO = 2.0
"""The two weights of a matrix differ by this factor or more; the paper's differ by 4."""
SERVES = 0.5
"""A neuron serves a feature when it gives |x| this many times or more, and 2 - this or less."""
INHIBITS = 0.5
"""An inhibitor takes away this part or more of what arrives too loud."""


class Motif(NamedTuple):
    """One motif: the loud and the quiet feature, the neuron they share, and the inhibitor."""

    loud: int
    quiet: int
    neuron: int
    inhibitor: int


def find_motifs(W_in: np.ndarray, W_out: np.ndarray) -> list[Motif]:
    """Every motif of a model, none of which depends on how a neuron is scaled.

    Args:
        W_in: what feeds the neurons, (n_features, n_hidden).
        W_out: what reads them, (n_features, n_hidden).

    Returns:
        For each loud feature, quiet feature and neuron that they share asymmetrically, with weights
        of opposite sign in and of the same sign out, the strongest inhibitor if it is strong
        enough.
    """
    n, m = W_in.shape
    gains = np.abs(W_in) * W_out
    serves = (gains >= SERVES) & (gains <= 2 - SERVES)
    found = []
    for neuron in range(m):
        for loud in np.flatnonzero(serves[:, neuron]):
            for quiet in np.flatnonzero(serves[:, neuron]):
                if not _asymmetric(W_in[[loud, quiet], neuron], W_out[[loud, quiet], neuron]):
                    continue
                excess = np.abs(W_in[loud, neuron]) * W_out[quiet, neuron]
                together = np.sign(W_in[loud]) == np.sign(W_in[loud, neuron])
                taken = np.where(together, -np.abs(W_in[loud]) * W_out[quiet], 0.0)
                inhibitor = int(taken.argmax())
                if taken[inhibitor] >= INHIBITS * excess:
                    found.append(Motif(int(loud), int(quiet), neuron, inhibitor))
    return found


def _asymmetric(into: np.ndarray, out: np.ndarray) -> bool:
    """Whether weights of (loud, quiet) are like (2, -1/2) in and (1/2, 2) out."""
    opposite = into[0] * into[1] < 0
    return bool(opposite and abs(into[0]) >= RATIO * abs(into[1]) and out[1] >= RATIO * out[0])
