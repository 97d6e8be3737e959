"""Penalties that are added to the loss."""

import jax

from superpos.arguments import NonNegative, factory
from superpos.losses import l1, mean_l1
from superpos.models.regularisers.base import Regulariser
from superpos.types import Array, Params


@factory
def l1_code(*, l1_coefficient: NonNegative) -> Regulariser:
    """The L1 norm of the code before any noise, Σ_k |h_k|, reduced over a batch like the error.

    Args:
        l1_coefficient: its weight, in [0, inf).

    Returns:
        A Regulariser.

    Raises:
        ArgumentError: a value is out of range.
    """
    return Regulariser(code_penalties=(lambda code: l1_coefficient * mean_l1(code),))


@factory
def l1_weights(*, l1_coefficient: NonNegative) -> Regulariser:
    """The L1 norm of all weight matrices, Σ |W_ik|; biases are left out.

    Args:
        l1_coefficient: its weight, in [0, inf).

    Returns:
        A Regulariser.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Lecomte et al. 2023, Incidental Polysemanticity (arXiv 2312.03096), the section on L1.
    """

    def penalty(params: Params) -> Array:
        first, *others = (l1(leaf) for leaf in jax.tree.leaves(params) if leaf.ndim == 2)
        return l1_coefficient * sum(others, first)

    return Regulariser(params_penalties=(penalty,))
