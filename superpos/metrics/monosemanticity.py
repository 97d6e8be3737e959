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
        responds to none, and nan where a response is not finite. A neuron above 0.999 is
        monosemantic.

    Reference:
        Jermyn, Schiefer & Hubinger 2022, Engineering Monosemanticity in Toy Models (arXiv
        2211.09169), "Measuring Monosemanticity".
    """
    positive = jnp.maximum(responses, 0)
    largest = positive.max(-2)
    none = largest == 0
    total = (positive / jnp.where(none, 1, largest)[..., None, :]).sum(-2)
    return jnp.where(none, 0, 1 / jnp.where(none, 1, total))
