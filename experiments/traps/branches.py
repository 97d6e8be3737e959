"""Two of three features are on, and an action chose which pairs are possible.

Source: Shi et al. 2026, Self-Confirming Superposition Traps in Reinforcement Learning (arXiv
2609.32966), the horizon-two model.
"""

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError, Count, Fraction, factory
from superpos.data import stateless
from superpos.types import Array, Batch, Key, Source, vectors

N_FEATURES = 3
ON = np.array([[[1, 0, 1], [0, 1, 1]], [[1, 1, 0], [1, 0, 1]]], np.float32)
"""Which features are on, (action, pair, feature): 1, 3 or 2, 3 after S, and 1, 2 or 1, 3 after E.
The actions are numbered: S is 0 and E is 1."""


def features_on(key: Key, action: Array) -> Array:
    """Which features are on after each action.

    Args:
        key: where they are drawn from; both pairs of an action are equally likely.
        action: 0 for S, 1 for E, int (...).

    Returns:
        1 or 0, float32 (..., 3).
    """
    pair = jax.random.bernoulli(key, 0.5, action.shape).astype(jnp.int32)
    return jnp.asarray(ON)[action, pair]


@factory
def branches(*, occupancy: Fraction, n_features: Count = N_FEATURES) -> Source:
    """What an agent reconstructs that takes action E with a fixed probability, and else S.

    Args:
        occupancy: probability of E, in [0, 1].
        n_features: 3; there are no more.

    Returns:
        A Source of float32 vectors (batch, 3), in which two features are standard normal and the
        third is 0; targets and factors are the inputs.

    Raises:
        ArgumentError: a value is out of range.
    """
    if n_features != N_FEATURES:
        raise ArgumentError(f"n_features={n_features}: expected {N_FEATURES}")

    def sample(key: Key, batch_size: int) -> Batch:
        key_action, key_on, key_value = jax.random.split(key, 3)
        action = jax.random.uniform(key_action, (batch_size,), jnp.float32) < occupancy
        values = jax.random.normal(key_value, (batch_size, N_FEATURES), jnp.float32)
        values = values * features_on(key_on, action.astype(jnp.int32))
        return Batch(inputs=values, targets=values, factors=values)

    return stateless(sample, gives=vectors(N_FEATURES))
