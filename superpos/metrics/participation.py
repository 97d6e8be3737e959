"""How many of several things take part: counts that are free of their overall scale.

They are equal to the number of things where all are alike and apart from one another, and fall to
1 where one is all there is.
"""

import jax.numpy as jnp

from superpos.metrics.entry import Numbers, Pairs, PerFeature, Vectors, metric
from superpos.metrics.geometry import feature_norms


@metric
def participation(shares: PerFeature) -> Numbers:
    """How many of n shares count.

    Args:
        shares: each >= 0, (..., n).

    Returns:
        (Σ_i s_i)² / Σ_i s_i² in [1, n], (...); 0 where all are 0.
    """
    largest = jnp.max(shares, axis=-1, keepdims=True)
    scaled = shares / jnp.where(largest == 0, 1.0, largest)
    squares = jnp.sum(jnp.square(scaled), axis=-1)
    return jnp.square(jnp.sum(scaled, axis=-1)) / jnp.where(squares == 0, 1.0, squares)


@metric
def participation_ratio(gram: Pairs) -> Numbers:
    """How many dimensions vectors take up, from their Gram matrix or their second moments.

    Args:
        gram: K, symmetric and positive semidefinite, (..., n, n).

    Returns:
        (tr K)² / tr K², the participation of its eigenvalues, in [1, rank], (...); 0 where K is 0.

    Reference:
        Gao et al. 2017, A theory of multineuronal dimensionality, equation 4.
    """
    largest = jnp.max(jnp.abs(gram), axis=(-2, -1), keepdims=True)
    scaled = gram / jnp.where(largest == 0, 1.0, largest)
    squares = jnp.sum(jnp.square(scaled), axis=(-2, -1))
    trace = jnp.trace(scaled, axis1=-2, axis2=-1)
    return jnp.square(trace) / jnp.where(squares == 0, 1.0, squares)


@metric
def gram_dimensionality(gram: Pairs) -> PerFeature:
    """The dimensionality of vectors that are known by their inner products alone.

    Args:
        gram: K, symmetric and positive semidefinite, (..., n, n).

    Returns:
        K_ii² / Σ_j K_ij² in [0, 1], (..., n); 0 where K_ii is 0. It is the feature dimensionality
        D_i for the Gram matrix W Wᵀ of features.
    """
    largest = jnp.max(jnp.abs(gram), axis=(-2, -1), keepdims=True)
    scaled = gram / jnp.where(largest == 0, 1.0, largest)
    own = jnp.diagonal(scaled, axis1=-2, axis2=-1)
    squares = jnp.sum(jnp.square(scaled), axis=-1)
    return jnp.square(own) / jnp.where(squares == 0, 1.0, squares)


@metric
def effective_features_per_dimension(W: Vectors) -> Numbers:
    """Features per hidden dimension, counted by their shares of ‖W‖_F² and not by its size.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        The participation of ‖W_i‖², over n_hidden, in [1, n_features] / n_hidden, (...); 0 where W
        is all zero. It is ‖W‖_F² / n_hidden where the features that are represented have norm 1.

    Gauge:
        invariant under rotation, unit permutation, scale of W.
    """
    return participation(jnp.square(feature_norms(W))) / W.shape[-1]
