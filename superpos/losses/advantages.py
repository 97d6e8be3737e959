"""Advantages of the actions of an episode."""

import chex
import jax
import jax.numpy as jnp

from superpos.types import Array, Scalar


def generalised_advantages(
    rewards: Array, values: Array, alive: Array, *, discount: Scalar, gae_lambda: Scalar
) -> Array:
    """Generalised advantage estimates A_t = δ_t + γλ A_{t+1}, with δ_t = r_t + γ V_{t+1} - V_t.

    Args:
        rewards: r of one episode, (n_steps,).
        values: V, estimates of the discounted rewards from each step on, (n_steps,).
        alive: whether the episode was not over before a step, bool (n_steps,). After it, and after
            the last step, V and A are 0.
        discount: γ, in [0, 1].
        gae_lambda: λ, in [0, 1]: with 0 the error of one step, with 1 what was earned minus V.

    Returns:
        (n_steps,); 0 at steps after the end.

    Raises:
        AssertionError: the shapes differ.

    Reference:
        Schulman et al. 2015, High-Dimensional Continuous Control Using Generalized Advantage
        Estimation (arXiv 1506.02438), equation 16.
    """
    chex.assert_rank(rewards, 1)
    chex.assert_equal_shape((rewards, values, alive))
    values = jnp.where(alive, values, 0.0)
    errors = jnp.where(alive, rewards, 0.0) + discount * jnp.append(values[1:], 0.0) - values

    def step(later: Array, error: Array) -> tuple[Array, Array]:
        advantage = error + discount * gae_lambda * later
        return advantage, advantage

    return jax.lax.scan(step, jnp.zeros_like(errors[0]), errors, reverse=True)[1]
