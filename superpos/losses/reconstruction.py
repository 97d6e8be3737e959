"""Reconstruction losses for one example."""

import chex
import jax.numpy as jnp

from superpos.types import Array


def weighted_squared_error(recon: Array, target: Array, importance: Array) -> Array:
    """Importance-weighted squared error, summed over features.

    Args:
        recon: reconstruction, (n_features,).
        target: what was to be reconstructed, (n_features,).
        importance: weight of each feature I_i >= 0, (n_features,).

    Returns:
        Σ_i I_i (target_i - recon_i)², ().

    Raises:
        AssertionError: the shapes differ.

    Reference:
        Elhage et al. 2022, Toy Models of Superposition, "Demonstrating Superposition", the loss.
    """
    chex.assert_equal_shape((recon, target, importance))
    return jnp.sum(importance * jnp.square(target - recon))
