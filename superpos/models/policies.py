"""How an agent acts on the outputs of its model: a distribution of actions, and a value."""

import math

import jax
import jax.numpy as jnp

from superpos.types import Array, Key, Policy

MOST_LOG_STD = 2.0
"""The logarithm of a standard deviation is kept within this of 0."""


def categorical(n_actions: int) -> Policy:
    """Numbered actions with softmax probabilities.

    Args:
        n_actions: how many, >= 2.

    Returns:
        A Policy on n_actions + 1 outputs: the logits, then the value.
    """

    def log_probabilities(outputs: Array) -> Array:
        return jax.nn.log_softmax(outputs[..., :n_actions])

    def log_probability(outputs: Array, action: Array) -> Array:
        logs = log_probabilities(outputs)
        return jnp.take_along_axis(logs, action[..., None], axis=-1)[..., 0]

    def entropy(outputs: Array) -> Array:
        logs = log_probabilities(outputs)
        return -jnp.sum(jnp.exp(logs) * logs, axis=-1)

    return Policy(
        sample=lambda key, outputs: jax.random.categorical(key, outputs[..., :n_actions]),
        mode=lambda outputs: jnp.argmax(outputs[..., :n_actions], axis=-1),
        log_probability=log_probability,
        entropy=entropy,
        value=lambda outputs: outputs[..., n_actions],
        n_actions=n_actions,
        d_action=0,
    )


def normal(d_action: int) -> Policy:
    """Vectors of independent normal numbers.

    Args:
        d_action: numbers of a vector, >= 1.

    Returns:
        A Policy on 2 d_action + 1 outputs: the means, the logarithms of the standard deviations,
        which are clipped to [-2, 2], and the value.
    """

    def mean_of(outputs: Array) -> Array:
        return outputs[..., :d_action]

    def log_std_of(outputs: Array) -> Array:
        return jnp.clip(outputs[..., d_action : 2 * d_action], -MOST_LOG_STD, MOST_LOG_STD)

    def sample(key: Key, outputs: Array) -> Array:
        mean = mean_of(outputs)
        noise = jax.random.normal(key, mean.shape, mean.dtype)
        return mean + jnp.exp(log_std_of(outputs)) * noise

    def log_probability(outputs: Array, action: Array) -> Array:
        log_std = log_std_of(outputs)
        z = (action - mean_of(outputs)) / jnp.exp(log_std)
        return -jnp.sum(z**2 / 2 + log_std + math.log(2 * math.pi) / 2, axis=-1)

    def entropy(outputs: Array) -> Array:
        return jnp.sum(log_std_of(outputs) + math.log(2 * math.pi * math.e) / 2, axis=-1)

    return Policy(
        sample=sample,
        mode=mean_of,
        log_probability=log_probability,
        entropy=entropy,
        value=lambda outputs: outputs[..., 2 * d_action],
        n_actions=0,
        d_action=d_action,
    )
