"""Reconstruction losses, for one example or for a batch with the features leading."""

import chex
import jax.numpy as jnp

from superpos.types import Array, Scalar


def weighted_squared_error(recon: Array, target: Array, importance: Array) -> Array:
    """Importance-weighted squared error, summed over features and averaged over a batch.

    Args:
        recon: reconstruction of one example, (n_features,), or of a batch, (n_features, batch).
        target: what was to be reconstructed, of the same shape.
        importance: weight of each feature I_i >= 0, (n_features,).

    Returns:
        Σ_i I_i (target_i - recon_i)², the mean over a batch, ().

    Raises:
        AssertionError: the shapes differ.

    Reference:
        Elhage et al. 2022, Toy Models of Superposition, "Demonstrating Superposition", the loss.
    """
    _check_shapes(recon, target, importance)
    return _weighted(jnp.square(target - recon), importance)


def weighted_power_error(recon: Array, target: Array, importance: Array, exponent: Scalar) -> Array:
    """Importance-weighted power of the error, summed over features and averaged over a batch.

    Args:
        recon: reconstruction of one example, (n_features,), or of a batch, (n_features, batch).
        target: what was to be reconstructed, of the same shape.
        importance: weight of each feature I_i >= 0, (n_features,).
        exponent: q in [1, inf).

    Returns:
        Σ_i I_i |target_i - recon_i|^q, the mean over a batch, (). Its gradient is 0 where the
        error is.

    Raises:
        AssertionError: the shapes differ.
    """
    _check_shapes(recon, target, importance)
    errors = jnp.power(jnp.abs(target - recon), jnp.asarray(exponent, recon.dtype))
    return _weighted(errors, importance)


def _check_shapes(recon: Array, target: Array, importance: Array) -> None:
    chex.assert_rank(recon, {1, 2})
    chex.assert_equal_shape((recon, target))
    chex.assert_shape(importance, recon.shape[:1])


def _weighted(errors: Array, importance: Array) -> Array:
    # Over the batch first: the compiler vectorises that sum, and the other is short.
    return jnp.sum(importance * (errors if errors.ndim == 1 else errors.mean(-1)))
