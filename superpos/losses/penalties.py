"""Penalties that a model adds to its loss."""

import jax.numpy as jnp

from superpos.types import Array


def mean_l1(code: Array) -> Array:
    """The L1 norm of a batch of codes, on average.

    Args:
        code: neurons lead, (n_hidden, batch).

    Returns:
        Σ_k |h_k|, the mean over the batch, ().
    """
    return jnp.sum(jnp.abs(code).mean(-1))


def l1(weights: Array) -> Array:
    """The sum of the absolute values of an array, ()."""
    return jnp.sum(jnp.abs(weights))
