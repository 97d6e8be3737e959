"""AdamW whose weight decay has a sign: rows of a matrix are drawn to 0, or to norm 1.

Source: Liu, Liu & Gore 2025, Superposition Yields Robust Neural Scaling (arXiv 2505.10465), the
weight decay of the toy model, and the code that they published.
"""

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import Decay, Finite, Positive, factory
from superpos.optim.gradient import scale_by_rate
from superpos.optim.schedules import Schedule
from superpos.types import Array, Params


@factory
def signed_adamw(
    *,
    learning_rate: Positive,
    weight_decay: Finite,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: Positive = 1e-8,
    schedule: Schedule | None = None,
) -> optax.GradientTransformation:
    """Adam with decoupled weight decay on matrices alone, whose sign says where rows are drawn to.

    With η the learning rate and γ the weight decay a row w of a matrix becomes, before the step of
    Adam, (1 - ηγ) w for γ >= 0, and w + η|γ| (1/‖w‖ - 1) w for γ < 0, which has norm 1 as its aim.

    Args:
        learning_rate: step size in (0, inf).
        weight_decay: γ, any number; above 0 there is less superposition, below 0 more.
        b1: decay of the mean of gradients, in [0, 1).
        b2: decay of the mean of squared gradients, in [0, 1).
        eps: added to the root of the second moment, in (0, inf).
        schedule: multiplies the learning rate, step -> factor; None is constant.

    Returns:
        An optax GradientTransformation, whose update needs the parameters. A row that is 0 and
        parameters that are no matrices do not decay.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Liu, Liu & Gore 2025 (arXiv 2505.10465), the weight decay of the toy model.
    """

    def decayed(step: Array, W: Array) -> Array:
        if W.ndim != 2:
            return step
        norms = jnp.linalg.norm(W, axis=-1, keepdims=True)
        to_one = 1 / jnp.where(norms > 0, norms, 1) - 1
        return step + weight_decay * jnp.where(weight_decay < 0, to_one, 1) * W

    def decay(updates: Params, params: Params | None) -> Params:
        return jax.tree.map(decayed, updates, params)

    return optax.chain(
        optax.scale_by_adam(b1=b1, b2=b2, eps=eps),
        optax.stateless(decay),
        scale_by_rate(learning_rate, schedule),
    )
