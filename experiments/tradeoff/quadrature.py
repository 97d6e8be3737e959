"""The expected loss on each feature of a tied model without sampling, in float64.

Output i is act(G_ii x_i + b_i + s) with s = Σ_{j≠i} G_ij x_j, and features are independent. So the
distribution of s is a convolution, made on a grid, and x_i is integrated by Gauss's nodes, to about
one part in a thousand. Of the training code only the quantile function of magnitudes is used.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from superpos.types import Magnitude

Array = NDArray[np.float64]
GRID, NODES = 2**12, 64
"""Points of the grid of s, and nodes for a feature that is on."""


class Law(NamedTuple):
    """A feature that is on: values, from the least up, and their weights, which add up to 1."""

    values: Array
    weights: Array


class FeatureLosses(NamedTuple):
    """Expected squared errors of each feature, times its importance, each (n_features,).

    Attributes:
        ignored: of its mean, which is its variance.
        clean: where nothing interferes with it.
        full: as it is.
    """

    ignored: Array
    clean: Array
    full: Array

    @property
    def benefit(self) -> Array:
        """What it gains by itself."""
        return self.ignored - self.clean

    @property
    def interference(self) -> Array:
        """What the others take back."""
        return self.full - self.clean


def law_of(magnitude: Magnitude | None, n_nodes: int = NODES) -> Law:
    """Nodes for a distribution of magnitudes; None is uniform on (0, 1).

    They are dense where the quantile u nears 1, as 1 - u = t⁴, which integrates tails.
    """
    nodes, weights = np.polynomial.legendre.leggauss(n_nodes)
    t = (1 - nodes) / 2
    u = 1 - t**4
    values = u if magnitude is None else np.asarray(magnitude(jnp.asarray(u)), float)
    return Law(values, 2 * t**3 * weights)


def feature_losses(
    gram: Array,
    b: Array,
    *,
    density: float,
    law: Law,
    importance: Array,
    act: Callable[[Array], Array],
) -> FeatureLosses:
    """The expected loss on each feature, and what it would be without the others and without it.

    Args:
        gram: W Wᵀ, or what feature j adds to output i, (n_features, n_features).
        b: bias, (n_features,).
        density: probability that a feature is on, in (0, 1].
        law: of a feature that is on.
        importance: (n_features,).
        act: of the output.
    """
    x = np.append(0.0, law.values)
    weights = np.append(1 - density, density * law.weights)
    mean = weights @ x
    off = gram - np.diag(np.diagonal(gram))
    rows = []
    for i, row in enumerate(off):
        s, chance = _sum_of_others(np.delete(row, i), density, law)
        own = gram[i, i] * x + b[i]
        clean = weights @ np.square(x - act(own))
        full = weights @ (np.square(x[:, None] - act(own[:, None] + s)) @ chance)
        rows.append((weights @ np.square(x - mean), clean, full))
    return FeatureLosses(*(importance * np.array(rows).T))


def _sum_of_others(slopes: Array, density: float, law: Law) -> tuple[Array, Array]:
    """Values of Σ_j slope_j x_j on a grid, and their probabilities.

    Each value is shared between its two neighbours on the grid so that the mean is kept.
    """
    ends = np.outer(slopes, [0.0, law.values.max()])
    low, high = ends.min(-1).sum(), ends.max(-1).sum()
    if high == low:
        return np.zeros(1), np.ones(1)
    step = (high - low) / (GRID - 8)
    shift, spectrum = 0, np.ones(GRID // 2 + 1, complex)
    for slope in slopes:
        place = slope * law.values / step
        cell = np.floor(place).astype(int)
        part, first = place - cell, min(cell.min(), 0)
        mass = np.zeros(GRID)
        np.add.at(mass, cell - first, density * law.weights * (1 - part))
        np.add.at(mass, cell - first + 1, density * law.weights * part)
        mass[-first] += 1 - density
        spectrum *= np.fft.rfft(mass)
        shift += first
    chance = np.maximum(np.fft.irfft(spectrum, GRID), 0.0)
    kept = chance > 1e-15
    return step * (shift + np.flatnonzero(kept)), chance[kept]
