"""How large a feature is that is on: distributions as quantile functions.

A quantile function takes uniforms to values, so any pattern of on and off combines with any
distribution of magnitudes, and where a pattern is independent one draw per feature serves both.
"""

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtri

from superpos.arguments import Finite, NonNegative, factory, shown
from superpos.required import require
from superpos.types import Array, Magnitude, Scalar

LEAST, LARGEST = np.float32(2.0**-33), np.float32(1 - 2.0**-24)
"""Where a uniform is cut off, so that a normal value is finite: -6.3 and 5.4 deviations."""


@factory
def uniform(*, low: Finite, high: Finite) -> Magnitude:
    """Uniform between two ends; both the same make every feature that is on equally large.

    Args:
        low: value at the quantile 0.
        high: value at the quantile 1; below `low` it is the same distribution.

    Returns:
        Uniforms of any shape -> values of that shape.

    Raises:
        ArgumentError: a value is not a finite number, or both are 0.
    """
    _require_some("low", low, "high", high)

    def quantile(u: Array) -> Array:
        return low + (high - low) * u

    return quantile


@factory
def normal(*, mean: Finite, std: NonNegative) -> Magnitude:
    """Normal, of either sign.

    Args:
        mean: its mean.
        std: its standard deviation, >= 0.

    Returns:
        Uniforms of any shape -> values of that shape, between mean - 6.3 std and mean + 5.4 std.

    Raises:
        ArgumentError: a value is out of range, or both are 0.
    """
    _require_some("mean", mean, "std", std)

    def quantile(u: Array) -> Array:
        return mean + std * ndtri(jnp.clip(u, LEAST, LARGEST))

    return quantile


def _require_some(name: str, one: Scalar, other_name: str, other: Scalar) -> None:
    """Refuse a distribution by which every feature is 0."""
    require(
        lambda one, other: (one != 0) | (other != 0),
        [one, other],
        lambda: f"{name}={shown(one)}: expected another number than 0, as {other_name} is 0 too",
    )
