"""What a policy gradient descends: a loss of one step, whose gradient is that of the returns."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp

from superpos.arguments import Positive, factory
from superpos.types import Array


class Surrogate(NamedTuple):
    """A loss in terms of r = π/π_old, the ratio of probabilities of the action that was taken.

    Attributes:
        loss: (log r, advantage) -> loss of the step; of any shape.
        clips: log r -> whether r is outside of the range that the loss is clipped to.
    """

    loss: Callable[[Array, Array], Array]
    clips: Callable[[Array], Array]


@factory
def policy_gradient() -> Surrogate:
    """The ratio times the advantage, -r A, which is never clipped.

    Where the policy is that which played, its gradient is -A ∇log π, that of REINFORCE with a
    baseline; in later updates with the same draw it corrects for the difference.

    Returns:
        A Surrogate.

    Reference:
        Williams 1992, Simple Statistical Gradient-Following Algorithms; for the ratio, Schulman et
        al. 2017 (arXiv 1707.06347), equation 6.
    """
    return Surrogate(
        loss=lambda log_ratio, advantage: -advantage * jnp.exp(log_ratio),
        clips=lambda log_ratio: jnp.zeros(log_ratio.shape, bool),
    )


@factory
def clipped(*, clip_range: Positive = 0.2) -> Surrogate:
    """The clipped surrogate of PPO, -min(r A, clip(r, 1 - ε, 1 + ε) A).

    Args:
        clip_range: ε, in (0, inf).

    Returns:
        A Surrogate.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Schulman et al. 2017, Proximal Policy Optimization Algorithms (arXiv 1707.06347), equation
        7.
    """

    def loss(log_ratio: Array, advantage: Array) -> Array:
        ratio = jnp.exp(log_ratio)
        near = jnp.clip(ratio, 1 - clip_range, 1 + clip_range)
        return -jnp.minimum(ratio * advantage, near * advantage)

    return Surrogate(
        loss=loss, clips=lambda log_ratio: jnp.abs(jnp.exp(log_ratio) - 1) > clip_range
    )
