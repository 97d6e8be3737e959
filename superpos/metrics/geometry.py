"""Geometry of features: norms, features per dimension, dimensionality, interference.

Source: Elhage et al. 2022, Toy Models of Superposition, "The Geometry of Superposition". All take
W of shape (..., n_features, n_hidden), where a feature is a row, any floating dtype, and are
invariant under rotations W -> W Q of the hidden space.
"""

import jax
import jax.numpy as jnp

from superpos.metrics.entry import Numbers, PerFeature, Vectors, metric
from superpos.types import Array


@metric
def feature_norms(W: Vectors) -> PerFeature:
    """How strongly each feature is represented.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        ‖W_i‖ >= 0, (..., n_features); its gradient at a zero row is 0.

    Gauge:
        invariant under rotation, unit permutation.
    """
    return polar(W)[0]


@metric
def features_per_dimension(W: Vectors) -> Numbers:
    """Number of features represented per hidden dimension.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        ‖W‖_F² / n_hidden >= 0, (...).

    Gauge:
        invariant under rotation, unit permutation.

    Reference:
        Elhage et al. 2022, "Relationship to Adversarial Robustness"; its inverse is the D* of
        "Uniform Superposition".
    """
    return jnp.sum(jnp.square(W), axis=(-2, -1)) / W.shape[-1]


@metric
def dimensions_per_feature(W: Vectors) -> Numbers:
    """Hidden dimensions per represented feature, D* = n_hidden / ‖W‖_F².

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        D* > 0, (...); inf where W is all zero, as no feature is represented.

    Gauge:
        invariant under rotation, unit permutation.

    Reference:
        Elhage et al. 2022, "The Geometry of Superposition", "Uniform Superposition".
    """
    return 1.0 / features_per_dimension(W)


@metric
def feature_dimensionality(W: Vectors) -> PerFeature:
    """The fraction of a hidden dimension that each feature has for itself.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        D_i = ‖W_i‖² / Σ_j (Ŵ_i·W_j)² in [0, 1], (..., n_features); 0 for a zero row. Independent
        of the overall scale of W.

    Gauge:
        invariant under rotation, unit permutation, scale of W.

    Reference:
        Elhage et al. 2022, "The Geometry of Superposition", "Feature Dimensionality".
    """
    half = jnp.finfo(W.dtype).bits < 32  # which has no room for the squares
    dtype = jnp.float32 if half else W.dtype
    norms, directions = polar(over_largest(W.astype(dtype)))
    zero = norms == 0
    own, other = jnp.where(zero, 1.0, norms)[..., :, None], norms[..., None, :]
    # A power of two beside which a norm is of order one, so that no gradient squares a small one.
    scale = jax.lax.stop_gradient(jnp.exp2(-jnp.floor(jnp.log2(own))))
    # Beyond this ratio of norms D_i is 0 anyway; the bound keeps squares and gradients finite.
    bound = float(jnp.finfo(dtype).max) ** 0.4 / W.shape[-2]
    ratio = jnp.minimum(other * scale, bound) / (own * scale)
    overlaps = row_products(directions, directions) * ratio
    return jnp.where(zero, 0.0, 1.0 / (1.0 + _sum_of_others(overlaps))).astype(W.dtype)


@metric
def interference(W: Vectors) -> PerFeature:
    """How much the other features project onto the direction of each.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        Σ_{j≠i} (Ŵ_i·W_j)² >= 0, (..., n_features); 0 for a zero row.

    Gauge:
        invariant under rotation, unit permutation.

    Reference:
        Elhage et al. 2022, "Demonstrating Superposition" (the colour of its bars).
    """
    return _sum_of_others(row_products(polar(W)[1], W))


def polar(W: Array) -> tuple[Array, Array]:
    """Norms of the rows, and the rows scaled to norm 1 (a zero row stays zero).

    Rows are scaled by their largest entry first, so that no square under- or overflows; the result
    does not depend on that scale, so neither does the gradient.
    """
    scale = _largest(W, -1)
    rows = W / scale
    squared = jnp.sum(jnp.square(rows), axis=-1, keepdims=True)
    zero = squared == 0
    root = jnp.sqrt(jnp.where(zero, 1.0, squared))
    return jnp.where(zero, 0.0, scale * root)[..., 0], rows / root


def over_largest(W: Array) -> Array:
    """Rows over the largest entry of all, so that no square under- or overflows; zeros stay."""
    return W / _largest(W, (-2, -1))


def _largest(W: Array, axis: int | tuple[int, int]) -> Array:
    """The largest entry in size, 1 where all are zero, as a constant for gradients."""
    largest = jax.lax.stop_gradient(jnp.max(jnp.abs(W), axis=axis, keepdims=True))
    return jnp.where(largest == 0, 1.0, largest)


def row_products(A: Array, B: Array) -> Array:
    """Inner products of rows, (..., n, n), in full precision on every device."""
    return jnp.einsum("...ih,...jh->...ij", A, B, precision=jax.lax.Precision.HIGHEST)


def _sum_of_others(overlaps: Array) -> Array:
    """Σ_{j≠i} of the squares, (..., n)."""
    own = jnp.broadcast_to(jnp.eye(overlaps.shape[-1], dtype=bool), overlaps.shape)
    return jnp.sum(jnp.where(own, 0.0, jnp.square(overlaps)), axis=-1)
