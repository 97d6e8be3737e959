"""Tegum factors: which features share a subspace, as connected components of a graph.

Source: Elhage et al. 2022, Toy Models of Superposition, "The Geometry of Superposition": many
solutions are tegum products, polytopes in orthogonal subspaces. Features in different factors are
orthogonal, so the factors are the components of the graph of non-zero inner products. All take
leading batch dimensions and can be jitted.
"""

import jax
import jax.numpy as jnp

from superpos.arguments import NonNegative
from superpos.metrics.entry import Labels, Numbers, Part, Relation, Vectors, metric
from superpos.metrics.frame import gram_matrix, projector_diagonal
from superpos.metrics.geometry import over_largest
from superpos.types import Array


@metric
def feature_graph(W: Vectors, *, threshold: NonNegative) -> Relation:
    """Which pairs of features interfere.

    Args:
        W: feature directions, (..., n_features, n_hidden).
        threshold: an edge is an inner product of larger size, >= 0.

    Returns:
        |W_i·W_j| > threshold, bool (..., n_features, n_features), False on the diagonal.

    Gauge:
        invariant under rotation, unit permutation.
    """
    gram = gram_matrix(W)
    own = jnp.broadcast_to(jnp.eye(gram.shape[-1], dtype=bool), gram.shape)
    return (jnp.abs(gram) > threshold) & ~own


@metric
def component_labels(adjacency: Relation) -> Labels:
    """The connected component of each node.

    Labels spread to neighbours and, by jumps from a label to its own label, in about log n rounds.

    Args:
        adjacency: symmetric, bool (..., n, n); the diagonal does not matter.

    Returns:
        The smallest index in the component, int32 (..., n). A node alone is its own label.
    """
    n = adjacency.shape[-1]
    start = jnp.broadcast_to(jnp.arange(n, dtype=jnp.int32), adjacency.shape[:-1])

    def spread(labels: Array) -> Array:
        others = jnp.where(adjacency, labels[..., None, :], n)
        least = jnp.minimum(labels, others.min(-1, initial=n))
        return jnp.take_along_axis(least, least, axis=-1)

    def body(loop: tuple[Array, Array]) -> tuple[Array, Array]:
        labels, _ = loop
        spread_once = spread(labels)
        return spread_once, jnp.any(spread_once != labels)

    return jax.lax.while_loop(lambda loop: loop[1], body, (start, jnp.asarray(n > 0)))[0]


@metric
def tegum_factors(W: Vectors, *, threshold: NonNegative) -> Labels:
    """The tegum factor of each feature.

    Args:
        W: feature directions, (..., n_features, n_hidden).
        threshold: inner products up to this size count as 0, >= 0.

    Returns:
        The smallest feature of the factor, int32 (..., n_features). A zero row is its own factor;
        a row with a nan is in none, -1.

    Gauge:
        invariant under rotation, unit permutation.

    Reference:
        Elhage et al. 2022, "The Geometry of Superposition".
    """
    labels = component_labels(feature_graph(W, threshold=threshold))
    return jnp.where(jnp.isnan(W).any(-1), -1, labels)


@metric
def same_component(labels: Labels) -> Relation:
    """Which pairs share a label: (..., n) -> bool (..., n, n), True on the diagonal."""
    return labels[..., :, None] == labels[..., None, :]


@metric
def component_sizes(labels: Labels) -> Labels:
    """Number of features in the component of each: (..., n) -> int32 (..., n)."""
    return same_component(labels).sum(-1, dtype=jnp.int32)


@metric
def component_ranks(W: Vectors, labels: Labels, *, tolerance: Part = 1e-3) -> Labels:
    """Dimensions that the component of each feature spans.

    Args:
        W: feature directions, (..., n_features, n_hidden).
        labels: component of each feature, (..., n_features).
        tolerance: eigenvalues of the Gram matrix below this part of the largest count as 0.

    Returns:
        The rank of the rows of the component, int32 (..., n_features); 0 for a zero row alone.

    Gauge:
        invariant under rotation, unit permutation, scale of W.
    """
    same = same_component(labels)
    # Eigenvectors of equal eigenvalues mix blocks, but the diagonal of the projector does not.
    gram = jnp.where(same, gram_matrix(over_largest(W)), 0.0)
    within = projector_diagonal(gram, tolerance=tolerance)
    ranks = jnp.sum(jnp.where(same, within[..., None, :], 0.0), axis=-1)
    return jnp.round(ranks).astype(jnp.int32)


@metric
def between_components(W: Vectors, labels: Labels) -> Numbers:
    """The largest |W_i·W_j| between different components: (..., n, m), (..., n) -> (...).

    Gauge:
        invariant under rotation, unit permutation.
    """
    return jnp.abs(jnp.where(same_component(labels), 0.0, gram_matrix(W))).max(
        (-2, -1), initial=0.0
    )
