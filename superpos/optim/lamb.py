"""LAMB: Adam whose step is scaled, array by array, to the norm of what it moves.

Source: You et al. 2020, Large Batch Optimization for Deep Learning (arXiv 1904.00962), algorithm 2.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import Decay, MaybeCount, NonNegative, Positive, factory
from superpos.optim.gradient import scale_by_rate
from superpos.optim.schedules import Schedule
from superpos.types import Params


@factory
def lamb(
    *,
    learning_rate: Positive,
    weight_decay: NonNegative = 0.0,
    bias_decay: NonNegative = 0.0,
    bias_decay_steps: MaybeCount = None,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: Positive = 1e-6,
    schedule: Schedule | None = None,
) -> optax.GradientTransformation:
    """Adam with bias correction, each array's step times ‖array‖ / ‖step‖.

    Args:
        learning_rate: step size in (0, inf).
        weight_decay: of all parameters, added to a step before it is scaled, in [0, inf).
        bias_decay: of vectors alone: one shrinks by learning_rate * bias_decay of itself at each
            step, whatever the schedule, in [0, inf).
        bias_decay_steps: updates over which vectors shrink, >= 1; None is all.
        b1: decay of the mean of gradients, in [0, 1).
        b2: decay of the mean of squared gradients, in [0, 1).
        eps: added to the root of the second moment, in (0, inf).
        schedule: multiplies the learning rate, step -> factor; None is constant.

    Returns:
        An optax GradientTransformation, whose update needs the parameters. An array that is 0, or
        whose step is, has a factor of 1.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        You et al. 2020, algorithm 2. Jermyn, Schiefer & Hubinger 2022, Engineering Monosemanticity
        in Toy Models (arXiv 2211.09169), the code that they published (the decay of biases).
    """
    scaled = optax.chain(
        optax.scale_by_adam(b1=b1, b2=b2, eps=eps),
        optax.add_decayed_weights(weight_decay),
        optax.scale_by_trust_ratio(),
        scale_by_rate(learning_rate, schedule),
    )
    return optax.chain(scaled, _decayed_vectors(learning_rate * bias_decay, bias_decay_steps))


def _decayed_vectors(share: NonNegative, n_steps: int | None) -> optax.GradientTransformation:
    """After the step, vectors lose a share of themselves, in the first of the updates."""

    def init(params: Params) -> optax.ScaleByScheduleState:
        del params
        return optax.ScaleByScheduleState(count=jnp.zeros((), jnp.int32))

    def update(updates: Params, state: Any, params: Params | None = None) -> tuple[Params, Any]:
        now = share if n_steps is None else jnp.where(state.count < n_steps, share, 0.0)

        def shrunk(step: jax.Array, leaf: jax.Array) -> jax.Array:
            return step if leaf.ndim != 1 else (step - now * (leaf + step)).astype(step.dtype)

        count = optax.safe_increment(state.count)
        return jax.tree.map(shrunk, updates, params), optax.ScaleByScheduleState(count=count)

    return optax.GradientTransformation(init, update)
