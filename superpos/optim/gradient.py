"""Adam, AdamW, SGD and SGDW as optax transformations with swept arguments.

A schedule has unit height and multiplies the learning rate, so that the rate itself may be a
tracer (optax's own warm-up and decay schedules branch on its value).
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import Decay, NonNegative, Positive, factory
from superpos.optim.schedules import Schedule, constant
from superpos.types import Params


@factory
def adam(
    *,
    learning_rate: Positive,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: Positive = 1e-8,
    schedule: Schedule | None = None,
) -> optax.GradientTransformation:
    """Adam without weight decay.

    Args:
        learning_rate: step size in (0, inf).
        b1: decay of the mean of gradients, in [0, 1).
        b2: decay of the mean of squared gradients, in [0, 1).
        eps: added to the root of the second moment, in (0, inf).
        schedule: multiplies the learning rate, step -> factor; None is constant.

    Returns:
        An optax GradientTransformation.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Kingma & Ba 2015, Adam (arXiv 1412.6980), algorithm 1.
    """
    return adamw(
        learning_rate=learning_rate, weight_decay=0.0, b1=b1, b2=b2, eps=eps, schedule=schedule
    )


@factory
def adamw(
    *,
    learning_rate: Positive,
    weight_decay: NonNegative,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: Positive = 1e-8,
    schedule: Schedule | None = None,
) -> optax.GradientTransformation:
    """Adam with decoupled weight decay on every parameter, as in PyTorch's AdamW.

    Args:
        learning_rate: step size in (0, inf).
        weight_decay: a parameter shrinks by learning_rate * weight_decay of itself at each step,
            in [0, inf).
        b1: decay of the mean of gradients, in [0, 1).
        b2: decay of the mean of squared gradients, in [0, 1).
        eps: added to the root of the second moment, in (0, inf).
        schedule: multiplies the learning rate, step -> factor; None is constant.

    Returns:
        An optax GradientTransformation.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization (arXiv 1711.05101),
        algorithm 2.
    """
    return optax.chain(
        optax.scale_by_adam(b1=b1, b2=b2, eps=eps),
        optax.add_decayed_weights(weight_decay),
        scale_by_rate(learning_rate, schedule),
    )


@factory
def sgd(
    *,
    learning_rate: Positive,
    momentum: Decay = 0.0,
    schedule: Schedule | None = None,
) -> optax.GradientTransformation:
    """Stochastic gradient descent with momentum.

    Args:
        learning_rate: step size in (0, inf).
        momentum: decay of the running sum of gradients, in [0, 1); 0 is plain descent.
        schedule: multiplies the learning rate, step -> factor; None is constant.

    Returns:
        An optax GradientTransformation.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Sutskever et al. 2013, On the importance of initialization and momentum, equations 1 and 2
        with the learning rate outside the sum, as in PyTorch's SGD.
    """
    return optax.chain(optax.trace(decay=momentum), scale_by_rate(learning_rate, schedule))


@factory
def sgdw(
    *,
    learning_rate: Positive,
    weight_decay: NonNegative,
    momentum: Decay = 0.0,
    schedule: Schedule | None = None,
) -> optax.GradientTransformation:
    """Stochastic gradient descent with momentum and decoupled weight decay on every parameter.

    Args:
        learning_rate: step size in (0, inf).
        weight_decay: a parameter shrinks by learning_rate * weight_decay of itself at each step,
            in [0, inf).
        momentum: decay of the running sum of gradients, in [0, 1); 0 is plain descent.
        schedule: multiplies the learning rate, step -> factor; None is constant.

    Returns:
        An optax GradientTransformation.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization (arXiv 1711.05101),
        algorithm 1, with the learning rate outside the sum and on the decay, as in their AdamW.
    """
    return optax.chain(
        optax.trace(decay=momentum),
        optax.add_decayed_weights(weight_decay),
        scale_by_rate(learning_rate, schedule),
    )


def scale_by_rate(
    learning_rate: Positive, schedule: Schedule | None
) -> optax.GradientTransformation:
    """Updates times -learning_rate and the factor of the schedule, of which None is constant."""
    return optax.chain(
        _scale_by_schedule(schedule or constant()),
        optax.scale_by_learning_rate(learning_rate),
    )


def _scale_by_schedule(schedule: Schedule) -> optax.GradientTransformation:
    """`optax.scale_by_schedule` without the copy of the factor that it makes for each leaf.

    Pallas has no copy for a GPU, and the fused engine runs an optimiser inside a kernel.
    """

    def init(params: Params) -> optax.ScaleByScheduleState:
        del params
        return optax.ScaleByScheduleState(count=jnp.zeros((), jnp.int32))

    def update(updates: Params, state: Any, params: Params | None = None) -> tuple[Params, Any]:
        del params
        factor = schedule(state.count)
        scaled = jax.tree.map(lambda leaf: jnp.asarray(factor, leaf.dtype) * leaf, updates)
        return scaled, optax.ScaleByScheduleState(count=optax.safe_increment(state.count))

    return optax.GradientTransformation(init, update)
