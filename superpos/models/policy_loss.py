"""What an agent minimises over a batch of episodes, whatever its network and its actions are.

Source: Schulman et al. 2017, Proximal Policy Optimization Algorithms (arXiv 1707.06347), equation
9.
"""

import jax.numpy as jnp

from superpos.environments.transitions import Transitions
from superpos.models.surrogates import Surrogate
from superpos.types import Array, Policy, Scalar


def policy_loss(
    policy: Policy,
    outputs: Array,
    done: Transitions,
    *,
    surrogate: Surrogate,
    value_coefficient: Scalar,
    entropy_bonus: Scalar,
) -> tuple[Array, dict[str, Array]]:
    """S + a (V - V_target)² - b H, each a mean over the steps that are not after an end.

    Args:
        policy: how the outputs are read.
        outputs: of the model now, (batch, n_steps, n_outputs).
        done: what was done, and what it was worth, (batch, n_steps).
        surrogate: S.
        value_coefficient: a, in [0, inf).
        entropy_bonus: b, in [0, inf).

    Returns:
        The loss (), and what is measured, (): episode_return (the undiscounted mean), entropy,
        value_error, approx_kl (the mean of r - 1 - log r) and clip_fraction.
    """
    log_ratio = policy.log_probability(outputs, done.action) - done.log_probability
    # After the end of an episode the ratio may be anything, infinity included.
    log_ratio = jnp.where(done.alive > 0, log_ratio, 0.0)

    def mean(values: Array) -> Array:
        return jnp.sum(values * done.alive) / jnp.sum(done.alive)

    measured = {
        "entropy": mean(policy.entropy(outputs)),
        "value_error": mean(jnp.square(policy.value(outputs) - done.value_target)),
        "approx_kl": mean(jnp.expm1(log_ratio) - log_ratio),
        "clip_fraction": mean(surrogate.clips(log_ratio)),
        "episode_return": jnp.sum(done.reward * done.alive, axis=-1).mean(),
    }
    total = mean(surrogate.loss(log_ratio, done.advantage))
    total += value_coefficient * measured["value_error"]
    return total - entropy_bonus * measured["entropy"], measured
