"""ReLU with a jump, and the step at it, with pseudo-derivatives in the threshold.

Both jump where x passes θ, so their derivative in θ is 0 but there. Instead of it stands that of an
estimate of the expectation over x with a rectangular kernel of width ε, K(u) = 1 for |u| < 1/2.
No such derivative goes to x.

Source: Rajamanoharan et al. 2024, JumpReLU (arXiv 2407.14435), equations 10 to 12.
"""

import jax
import jax.numpy as jnp

from superpos.types import Array, Scalar


def jump_relu(x: Array, threshold: Array, bandwidth: Scalar) -> Array:
    """A number where it is above the threshold, else 0.

    Its derivative in x is 1 above the threshold and 0 below, that in θ is -(θ/ε) K((x - θ)/ε).

    Args:
        x: pre-activations, (..., n).
        threshold: θ >= 0, of the same rank.
        bandwidth: ε > 0.

    Returns:
        (..., n).
    """
    slope = -threshold / bandwidth * _kernel(x, threshold, bandwidth)
    return jnp.where(x > threshold, x, 0) + _only_slope(threshold, slope)


def step(x: Array, threshold: Array, bandwidth: Scalar) -> Array:
    """1 where x is above the threshold, else 0.

    Its derivative in x is 0, that in θ is -(1/ε) K((x - θ)/ε).

    Args:
        x: pre-activations, (..., n).
        threshold: θ >= 0, of the same rank.
        bandwidth: ε > 0.

    Returns:
        0 or 1, of the dtype of x, (..., n).
    """
    slope = -1 / bandwidth * _kernel(x, threshold, bandwidth)
    return (x > threshold).astype(x.dtype) + _only_slope(threshold, slope)


def projected(threshold: Array) -> Array:
    """max(θ, 0), through which a gradient goes everywhere, so that a threshold can come back."""
    return threshold + jax.lax.stop_gradient(jnp.maximum(threshold, 0) - threshold)


def _kernel(x: Array, threshold: Array, bandwidth: Scalar) -> Array:
    return (jnp.abs((x - threshold) / bandwidth) < 0.5).astype(x.dtype)


def _only_slope(threshold: Array, slope: Array) -> Array:
    """0, whose derivative in the threshold is a given one."""
    return (threshold - jax.lax.stop_gradient(threshold)) * jax.lax.stop_gradient(slope)
