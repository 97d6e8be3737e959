"""How much of what a part of a network does for the loss is kept by a reconstruction of it.

Source: Bricken et al. 2023, Towards Monosemanticity, the loss with activations replaced; Karvonen
et al. 2025, SAEBench (arXiv 2503.09532), "loss recovered".
"""

from typing import Annotated, Any

import jax.numpy as jnp

from superpos.arguments import NonNegative
from superpos.metrics.entry import Axes, Numbers, metric

Losses = Annotated[Any, Axes(("example",))]


@metric
def loss_recovered(
    clean_losses: Losses,
    spliced_losses: Losses,
    ablated_losses: Losses,
    *,
    standard_errors: NonNegative = 3.0,
) -> Numbers:
    """The part of the loss that ablation costs which a reconstruction does not cost.

    It means nothing where the network is no better than with the part ablated, as is one with
    random weights; it is then not a number. The floor is 0, that of the ablation.

    Args:
        clean_losses: of the network as it is, on examples that are independent, such as the mean
            over a document each, (..., n_examples).
        spliced_losses: with the reconstruction in place of the activations, of the same examples.
        ablated_losses: with what ablates them, of the same examples.
        standard_errors: of the mean difference, by how many of them ablation has to be worse than
            the clean network, in [0, inf).

    Returns:
        (ablated - spliced) / (ablated - clean) of the means, at most 1 but for a reconstruction
        that is better than the truth, (...); nan where ablation costs nothing that is certain.
    """
    cost = ablated_losses - clean_losses
    mean, n = jnp.mean(cost, axis=-1), cost.shape[-1]
    squares = jnp.sum(jnp.square(cost - mean[..., None]), axis=-1)
    error = jnp.sqrt(squares / (max(n - 1, 1) * n))
    certain = (mean > 0) & (mean > standard_errors * error)
    kept = jnp.mean(ablated_losses - spliced_losses, axis=-1)
    return jnp.where(certain, kept / jnp.where(certain, mean, 1.0), jnp.nan)
