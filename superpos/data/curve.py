"""Features along a closed curve, as months of a year: on together where they are near.

Source: Prieto et al. 2026, From Data Statistics to Feature Geometry (arXiv 2603.09972), the
synthetic bags of words, and their code, LucasPrietoAl/correlations-feature-geometry.
"""

from collections.abc import Callable, Mapping
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import Count, Finite, NonNegative, factory
from superpos.data.patterns import batch_of
from superpos.data.source import stateless
from superpos.random import uniform_rows
from superpos.types import Array, Batch, Key, Magnitude, Source, vectors

Curve = Literal["circle", "figure_eight"]
CURVES: Mapping[str, Callable[[Array], Array]] = {
    "circle": lambda angle: jnp.stack([jnp.cos(angle), jnp.sin(angle)]),
    "figure_eight": lambda angle: jnp.stack([jnp.sin(angle), jnp.sin(2 * angle)]),
}
"""Angle -> point, two coordinates first."""


@factory
def on_curve(
    *,
    n_features: Count,
    curve: Curve,
    sharpness: NonNegative,
    log_odds: Finite = 0.0,
    spread: NonNegative = 0.0,
    magnitude: Magnitude | None = None,
) -> Source:
    """Feature i is on with probability σ(sharpness c_i·c + log_odds), for a point c of the curve.

    c_i is the point at the angle 2π i / n_features, and c one of them, by chance, with normal noise
    on its angle. Given c, features are independent. Sharpness 0 is independent features.

    Args:
        n_features: number of features, >= 1.
        curve: (cos t, sin t), or a "figure_eight", (sin t, sin 2t).
        sharpness: κ, in [0, inf).
        log_odds: b, in (-inf, inf).
        spread: standard deviation of the noise, in radians, in [0, inf).
        magnitude: distribution of a feature that is on, independent of all else; None is uniform
            on [0, 1].

    Returns:
        A Source whose batches have inputs, targets and factors (batch, n_features), float32, all
        three equal.

    Raises:
        ArgumentError: a value is out of range.
    """
    of = CURVES[curve]

    def sample(key: Key, batch_size: int) -> Batch:
        key_point, key_noise, key_on, key_value = jax.random.split(key, 4)
        angles = _angles(n_features)
        at = angles[jax.random.randint(key_point, (batch_size,), 0, n_features)]
        at = at + spread * jax.random.normal(key_noise, (batch_size,), jnp.float32)
        products = jnp.matmul(of(angles).T, of(at), precision=jax.lax.Precision.HIGHEST)
        p = jax.nn.sigmoid(sharpness * products + log_odds)
        shape = (n_features, batch_size)
        return batch_of(uniform_rows(key_on, shape) < p, uniform_rows(key_value, shape), magnitude)

    return stateless(sample, gives=vectors(n_features))


def positions(curve: Curve, n_features: int) -> np.ndarray:
    """The points of the features, float64 (n_features, 2)."""
    return np.asarray(CURVES[curve](_angles(n_features)), float).T


def _angles(n_features: int) -> Array:
    return 2 * jnp.pi * jnp.arange(n_features, dtype=jnp.float32) / n_features
