"""The frame operator of the features, its spectrum, and its block structure.

Source: Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks, "Geometry of
efficient packing" (W falls into orthogonal blocks, within which the frame operator is a multiple of
the identity); Ivanov et al. 2026, Spectral Superposition (arXiv 2602.02224), which calls a feature
localised when it lies in one eigenspace. All take W (..., n_features, n_hidden) with leading batch
dimensions and can be jitted.
"""

import jax
import jax.numpy as jnp

from superpos.metrics.entry import (
    HiddenPairs,
    Pairs,
    Part,
    PerFeature,
    PerHidden,
    Relation,
    Vectors,
    metric,
)
from superpos.metrics.geometry import feature_norms, over_largest
from superpos.metrics.symmetric import eigh, eigvalsh
from superpos.types import Array


@metric
def gram_matrix(W: Vectors) -> Pairs:
    """Inner products of all pairs of features, W Wᵀ, in full precision on every device.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        Symmetric, positive semidefinite, (..., n_features, n_features).

    Gauge:
        invariant under rotation, unit permutation.
    """
    return jnp.einsum("...ih,...jh->...ij", W, W, precision=jax.lax.Precision.HIGHEST)


@metric
def frame_operator(W: Vectors) -> HiddenPairs:
    """Σ_i W_i W_iᵀ = WᵀW.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        Symmetric, positive semidefinite, (..., n_hidden, n_hidden); its trace is ‖W‖_F².

    Gauge:
        equivariant under rotation, unit permutation, unit rescaling.
    """
    return jnp.einsum("...ih,...ik->...hk", W, W, precision=jax.lax.Precision.HIGHEST)


@metric
def frame_spectrum(W: Vectors) -> PerHidden:
    """Eigenvalues of the frame operator.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        Eigenvalues >= 0 from the largest down, (..., n_hidden); their sum is ‖W‖_F². The non-zero
        ones are those of the Gram matrix W Wᵀ, and all are 1 / D* where W is a tight frame.

    Gauge:
        invariant under rotation, unit permutation.
    """
    return jnp.maximum(eigvalsh(frame_operator(W))[..., ::-1], 0.0)


@metric
def frame_residual(W: Vectors) -> PerFeature:
    """How far each feature is from an eigenvector of the frame operator F.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        ‖F Ŵ_i - f_i Ŵ_i‖ / f_i with f_i = Ŵ_iᵀ F Ŵ_i, >= 0, (..., n_features); 0 for a zero row. It
        is 0 for all features where every tegum factor is a tight frame; f_i is ‖W_i‖² / D_i.

    Gauge:
        invariant under rotation, unit permutation, scale of W.

    Reference:
        Ivanov et al. 2026, Spectral Superposition: 0 is a feature that is spectrally localised.
    """
    W = over_largest(W)
    norms = feature_norms(W)[..., None]
    unit = W / jnp.where(norms == 0, 1.0, norms)
    image = jnp.einsum(
        "...ih,...hk->...ik", unit, frame_operator(W), precision=jax.lax.Precision.HIGHEST
    )
    along = jnp.sum(image * unit, axis=-1, keepdims=True)
    return feature_norms(image - along * unit) / jnp.where(along == 0, 1.0, along)[..., 0]


@metric
def block_spread(W: Vectors, same: Relation, *, tolerance: Part = 1e-3) -> PerFeature:
    """How far the frame operator of each feature's block is from a multiple of the identity.

    Args:
        W: feature directions, (..., n_features, n_hidden).
        same: which pairs are in one block, bool (..., n_features, n_features).
        tolerance: eigenvalues of the Gram matrix below this part of the largest count as 0.

    Returns:
        Standard deviation over mean of the non-zero eigenvalues of the block's frame operator, >=
        0, (..., n_features); 0 for a tight frame and for a zero row.

    Gauge:
        invariant under rotation, unit permutation, scale of W.
    """
    values, squares = _eigen(jnp.where(same, gram_matrix(over_largest(W)), 0.0), tolerance)
    # How much of each eigenvector is in the block, as those of equal eigenvalues mix blocks.
    weights = jnp.einsum("...ij,...jk->...ik", same.astype(squares.dtype), squares)
    total = jnp.sum(weights, axis=-1, keepdims=True)  # the rank, but for rounding
    none = total < 0.5
    rank = jnp.where(none, 1.0, total)
    mean = jnp.sum(weights * values[..., None, :], axis=-1, keepdims=True) / rank
    variance = jnp.sum(weights * jnp.square(values[..., None, :] - mean), axis=-1) / rank[..., 0]
    return jnp.where(none, 0.0, jnp.sqrt(variance)[..., None] / jnp.where(none, 1.0, mean))[..., 0]


def projector_diagonal(gram: Array, *, tolerance: Part) -> Array:
    """Diagonal of the projector on the range of symmetric matrices, (..., n, n) -> (..., n).

    Args:
        gram: symmetric and positive semidefinite, (..., n, n).
        tolerance: eigenvalues below this part of the largest count as 0.
    """
    return jnp.sum(_eigen(gram, tolerance)[1], axis=-1)


def _eigen(gram: Array, tolerance: Part) -> tuple[Array, Array]:
    """Eigenvalues (..., n), and eigenvectors squared (..., n, n), 0 where they do not count."""
    values, vectors = eigh(gram)
    none = (values <= tolerance * values[..., -1:]) | (values <= 0)  # nan is not none
    return values, jnp.where(none[..., None, :], 0.0, jnp.square(vectors))
