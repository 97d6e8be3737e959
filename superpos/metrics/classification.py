"""What a classifier decides, and how often it is right. Leading batch dimensions allowed."""

import jax.numpy as jnp

from superpos.types import Array


def decisions(logits: Array) -> Array:
    """The class with the largest logit, the first of those that are equal.

    Args:
        logits: (..., n_classes).

    Returns:
        Its index, int32 (...).
    """
    return jnp.argmax(logits, axis=-1)


def accuracy(logits: Array, targets: Array) -> Array:
    """The part of a batch that is decided as the targets say.

    Args:
        logits: (..., batch, n_classes).
        targets: one-hot, or the probability of each class, of the same shape.

    Returns:
        In [0, 1], (...).
    """
    return jnp.mean(decisions(logits) == decisions(targets), axis=-1, dtype=logits.dtype)
