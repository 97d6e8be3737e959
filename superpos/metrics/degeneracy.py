"""How degenerate a minimum is: the local learning coefficient, from losses of a sampler around it.

Source: Lau et al. 2023, The Local Learning Coefficient: a singularity-aware complexity measure
(arXiv 2308.12108), section 4: λ̂ = nβ (E L - L(w*)), with the mean over the localised posterior at
the inverse temperature β = 1 / log n; after Watanabe 2013, A Widely Applicable Bayesian Information
Criterion, theorem 4.
"""

from typing import Annotated, Any

import jax.numpy as jnp

from superpos.arguments import Positive
from superpos.metrics.entry import Axes, Numbers, metric

Draws = Annotated[Any, Axes(("draw",))]


@metric
def local_learning_coefficient(
    losses: Draws, reference: Numbers, *, inverse_temperature: Positive
) -> Numbers:
    """The local learning coefficient as estimated from one or more chains.

    Args:
        losses: loss of each draw, (..., draws).
        reference: L(w*), the loss of the minimum that the chains are around, (...).
        inverse_temperature: nβ > 0, that of the sampler.

    Returns:
        nβ (mean of the losses - L(w*)), (...); n_parameters / 2 at a quadratic minimum, less at a
        degenerate one.
    """
    # The difference first: it is a thousandth of either.
    return inverse_temperature * jnp.mean(losses - reference[..., None], axis=-1)


@metric
def share_below(losses: Draws, reference: Numbers) -> Numbers:
    """The share of draws with a loss below that of the minimum: chains with many have left it.

    Args:
        losses: loss of each draw, (..., draws).
        reference: L(w*), (...).

    Returns:
        In [0, 1], (...).
    """
    return jnp.mean(losses < reference[..., None], axis=-1)
