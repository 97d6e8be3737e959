"""Capacities of features held near given ones, to measure what capacity returns.

Source: Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks (arXiv 2210.01892),
section 3 on marginal returns; a quadratic penalty, as in Nocedal & Wright 2006, Numerical
Optimization, chapter 17.
"""

from typing import Annotated

import jax.numpy as jnp

from superpos.arguments import ArgumentError, Fraction, Interval, NonNegative, factory
from superpos.metrics import capacity
from superpos.models.regularisers.base import Regulariser
from superpos.types import Array, Members, Params, Scalar

Shift = Annotated[Scalar, Interval("[-1, 1]")]


@factory
def pinned_capacity(
    *,
    members: Members,
    coefficient: NonNegative,
    shift: Shift,
    member: NonNegative = 0,
    pinned_feature: NonNegative = 0,
    others: Fraction = 0.0,
) -> Regulariser:
    """One feature held at another capacity than it has in a trained model.

    The penalty is coefficient / 2 times (C_i - t)² + others Σ_{j≠i} (C_j - c_j)², where c are the
    capacities in the trained model and t is c_i + shift, at least 0 and at most 1. Where training
    ends, coefficient (C_i - t) is the marginal return on the capacity of the feature.

    Args:
        members: an asset of trained models with a matrix W.
        coefficient: of the penalty, in [0, inf).
        shift: of the capacity of the feature, in [-1, 1].
        member: the number of the trained model, from 0 on; a fraction is dropped, and what is above
            the last is the last.
        pinned_feature: the number of the feature, likewise.
        others: 1 holds the other features at the capacities that they have, 0 leaves them free.

    Returns:
        A Regulariser of a model with a matrix W of the same shape.

    Raises:
        ArgumentError: a value is out of range; or, from `loss`, a model without such a W.
    """
    trained = members.at(jnp.asarray(member).astype(jnp.int32)).params
    W = getattr(trained, "W", None)
    if W is None:
        raise ArgumentError("members: expected models with a matrix W")
    last = W.shape[0] - 1
    held = jnp.arange(last + 1) == jnp.minimum(jnp.asarray(pinned_feature).astype(jnp.int32), last)

    def penalty(params: Params) -> Array:
        if getattr(getattr(params, "W", None), "shape", None) != W.shape:
            raise ArgumentError(f"regularisers.pinned_capacity: expected a W of shape {W.shape}")
        found = capacity(W.astype(params.W.dtype))
        wanted = jnp.clip(jnp.where(held, found + shift, found), 0.0, 1.0)
        weights = jnp.where(held, 1.0, others).astype(found.dtype)
        off = jnp.square(capacity(params.W) - wanted)
        return jnp.asarray(coefficient, found.dtype) / 2 * jnp.sum(weights * off)

    return Regulariser(params_penalties=(penalty,))
