"""Whether a neuron responds to one feature alone."""

import jax.numpy as jnp

from superpos.metrics.entry import PerHidden, Vectors, metric


@metric
def response_shares(responses: Vectors) -> PerHidden:
    """The largest share that one feature has in the responses of each neuron.

    Args:
        responses: of each neuron to each feature alone, (..., n_features, n_neurons); what is below
            0 counts as 0.

    Returns:
        max_i r_i / Σ_i r_i of each neuron, in [1 / n_features, 1], (..., n_neurons); 0 of one that
        responds to none. A neuron above 0.999 is monosemantic.

    Reference:
        Jermyn, Schiefer & Hubinger 2022, Engineering Monosemanticity in Toy Models (arXiv
        2211.09169), "Measuring Monosemanticity".
    """
    positive = jnp.maximum(responses, 0)
    largest = positive.max(-2)
    scaled = positive / jnp.where(largest > 0, largest, 1)[..., None, :]
    total = scaled.sum(-2)
    return jnp.where(total > 0, 1 / jnp.where(total > 0, total, 1), 0)
