"""Capacity of features.

Source: Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks (arXiv 2210.01892),
section 2: C_i = (W_i·W_i)² / Σ_j (W_i·W_j)².
"""

from superpos.metrics.entry import PerFeature, Vectors, metric
from superpos.metrics.geometry import feature_dimensionality


@metric
def capacity(W: Vectors) -> PerFeature:
    """The capacity allocated to each feature.

    Divide numerator and denominator of the definition by ‖W_i‖² and it is the feature
    dimensionality of Elhage et al., so there is one implementation.

    Args:
        W: feature directions, (..., n_features, n_hidden).

    Returns:
        C_i in [0, 1], (..., n_features); 0 for a zero row. Σ_i C_i <= rank W <= n_hidden.

    Gauge:
        invariant under rotation, unit permutation, scale of W.

    Reference:
        Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks, section 2.
    """
    return feature_dimensionality(W)
