"""Geometry of features: norms, features per dimension, dimensionality, interference.

Source: Elhage et al. 2022, Toy Models of Superposition, "The Geometry of Superposition". All take
W of shape (..., n_features, n_hidden), where a feature is a row, any floating dtype, and are
invariant under rotations W -> W Q of the hidden space.
"""

import jax
import jax.numpy as jnp

from superpos.types import Array


def feature_norms(W: Array) -> Array:
    """How strongly each feature is represented.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        ‖W_i‖ >= 0, (..., n_features); its gradient at a zero row is 0.
    """
    squared = _squared_norms(W)
    zero = squared == 0
    return jnp.where(zero, 0.0, jnp.sqrt(jnp.where(zero, 1.0, squared)))


def features_per_dimension(W: Array) -> Array:
    """Number of features represented per hidden dimension.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        ‖W‖_F² / n_hidden >= 0, (...).

    Reference:
        Elhage et al. 2022, "Relationship to Adversarial Robustness"; its inverse is the D* of
        "Uniform Superposition".
    """
    return _squared_norms(W).sum(-1) / W.shape[-1]


def dimensions_per_feature(W: Array) -> Array:
    """Hidden dimensions per represented feature, D* = n_hidden / ‖W‖_F².

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        D* > 0, (...); inf where W is all zero, as no feature is represented.

    Reference:
        Elhage et al. 2022, "The Geometry of Superposition", "Uniform Superposition".
    """
    return 1.0 / features_per_dimension(W)


def feature_dimensionality(W: Array) -> Array:
    """The fraction of a hidden dimension that each feature has for itself.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        D_i = ‖W_i‖² / Σ_j (Ŵ_i·W_j)² in [0, 1], (..., n_features); 0 for a zero row. Independent
        of the overall scale of W.

    Reference:
        Elhage et al. 2022, "The Geometry of Superposition", "Feature Dimensionality".
    """
    largest = jnp.max(jnp.abs(W), axis=(-2, -1), keepdims=True)
    scaled = W / jnp.where(largest == 0, 1.0, largest)  # so that squares do not underflow
    squared = _squared_norms(scaled)
    shared = squared + interference(scaled)
    return squared / jnp.where(shared == 0, 1.0, shared)


def interference(W: Array) -> Array:
    """How much the other features project onto the direction of each.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        Σ_{j≠i} (Ŵ_i·W_j)² >= 0, (..., n_features); 0 for a zero row.

    Reference:
        Elhage et al. 2022, "Demonstrating Superposition" (the colour of its bars).
    """
    overlaps = jnp.einsum(
        "...ih,...jh->...ij", _unit_rows(W), W, precision=jax.lax.Precision.HIGHEST
    )
    others = 1.0 - jnp.eye(W.shape[-2], dtype=W.dtype)
    return jnp.sum(others * jnp.square(overlaps), axis=-1)


def _squared_norms(W: Array) -> Array:
    return jnp.sum(jnp.square(W), axis=-1)


def _unit_rows(W: Array) -> Array:
    """Rows scaled to norm 1 without underflow; a zero row stays zero."""
    largest = jnp.max(jnp.abs(W), axis=-1, keepdims=True)
    rows = W / jnp.where(largest == 0, 1.0, largest)
    norms = feature_norms(rows)[..., None]
    return rows / jnp.where(norms == 0, 1.0, norms)
