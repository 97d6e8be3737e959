"""How large a feature is that is on: distributions as quantile functions.

A quantile function takes uniforms to values, so any pattern of on and off combines with any
distribution of magnitudes, and where a pattern is independent one draw per feature serves both.
"""

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtri

from superpos.arguments import AtLeastOne, Finite, NonNegative, Positive, factory, shown
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


@factory
def exponential(*, scale: Positive) -> Magnitude:
    """Exponential: of a kurtosis E x⁴ / (E x²)² of 6, where that of uniform(0, 1) is 1.8.

    Args:
        scale: its mean, in (0, inf).

    Returns:
        Uniforms of any shape -> values of that shape, >= 0, up to 16.6 scale.

    Raises:
        ArgumentError: a value is out of range.
    """

    def quantile(u: Array) -> Array:
        return -scale * jnp.log1p(-jnp.minimum(u, LARGEST))

    return quantile


@factory
def lomax(*, scale: Positive, shape: AtLeastOne) -> Magnitude:
    """Lomax, a Pareto law that begins at 0: P(x > t) = (1 + t / scale)^-shape.

    Args:
        scale: in (0, inf).
        shape: the power of its tail, in [1, inf); E x⁴ is finite above 4. At 5 the kurtosis
            E x⁴ / (E x²)² is 36.

    Returns:
        Uniforms of any shape -> values of that shape, >= 0, up to scale (2^(24 / shape) - 1).

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Lomax 1954, Business Failures: Another Example of the Analysis of Failure Data.
    """

    def quantile(u: Array) -> Array:
        return scale * jnp.expm1(-jnp.log1p(-jnp.minimum(u, LARGEST)) / shape)

    return quantile


def _require_some(name: str, one: Scalar, other_name: str, other: Scalar) -> None:
    """Refuse a distribution by which every feature is 0."""
    require(
        lambda one, other: (one != 0) | (other != 0),
        [one, other],
        lambda: f"{name}={shown(one)}: expected another number than 0, as {other_name} is 0 too",
    )
