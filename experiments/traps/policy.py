"""How an agent acts that first chooses a branch and then tells what features are."""

import math

import jax
import jax.numpy as jnp

from experiments.traps.branches import N_FEATURES
from superpos.types import Array, Key, Policy, Scalar

D_ACTION = 1 + N_FEATURES
LOGITS, MEAN = slice(0, 2), slice(2, 5)
LOG_STD, VALUE, AT_ROOT = slice(5, 8), 8, 9
"""Columns of the outputs; the last is 1 at the first step, and 0 at the second."""


def choose_then_tell(floor: Scalar) -> Policy:
    """A branch, S or E, at the first step, and three normal numbers at the second.

    Args:
        floor: least probability of each branch, in [0, 0.5).

    Returns:
        A Policy on the outputs of `branching_agent`, whose actions are vectors (4,): the branch, 0
        or 1, and the numbers. Each step knows the part of an action that it reads. The entropy of
        the numbers is the sum of the logarithms of their standard deviations.
    """

    def probability(outputs: Array) -> Array:
        logits = outputs[..., LOGITS]
        return floor + (1 - 2 * floor) * jax.nn.sigmoid(logits[..., 1] - logits[..., 0])

    def action(chosen: Array, numbers: Array) -> Array:
        return jnp.concatenate([chosen[..., None].astype(numbers.dtype), numbers], axis=-1)

    def sample(key: Key, outputs: Array) -> Array:
        key_branch, key_numbers = jax.random.split(key)
        means = outputs[..., MEAN]
        chosen = jax.random.bernoulli(key_branch, probability(outputs))
        drawn = jax.random.normal(key_numbers, means.shape, means.dtype)
        return action(chosen, means + jnp.exp(outputs[..., LOG_STD]) * drawn)

    def log_probability(outputs: Array, taken: Array) -> Array:
        p, log_std = probability(outputs), outputs[..., LOG_STD]
        branch = jnp.where(taken[..., 0] > 0, jnp.log(p), jnp.log1p(-p))
        z = (taken[..., 1:] - outputs[..., MEAN]) / jnp.exp(log_std)
        numbers = -jnp.sum(jnp.square(z) / 2 + log_std + math.log(2 * math.pi) / 2, axis=-1)
        return jnp.where(outputs[..., AT_ROOT] > 0, branch, numbers)

    def entropy(outputs: Array) -> Array:
        p = probability(outputs)
        branch = -p * jnp.log(p) - (1 - p) * jnp.log1p(-p)
        return jnp.where(outputs[..., AT_ROOT] > 0, branch, outputs[..., LOG_STD].sum(-1))

    return Policy(
        sample=sample,
        mode=lambda outputs: action(probability(outputs) > 0.5, outputs[..., MEAN]),
        log_probability=log_probability,
        entropy=entropy,
        value=lambda outputs: outputs[..., VALUE],
        n_actions=0,
        d_action=D_ACTION,
    )
