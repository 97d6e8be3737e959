"""Losses of classifiers, for one example or for a batch with the classes leading."""

import chex
import jax
import jax.numpy as jnp

from superpos.types import Array


def softmax_cross_entropy(logits: Array, targets: Array) -> Array:
    """Cross entropy of the softmax of the logits, averaged over a batch.

    Args:
        logits: of one example, (n_classes,), or of a batch, (n_classes, batch).
        targets: probability of each class, of the same shape; one-hot for a label.

    Returns:
        -Σ_c target_c log softmax(logits)_c, in nats, the mean over a batch, ().

    Raises:
        AssertionError: the shapes differ.

    Reference:
        Bishop 2006, Pattern Recognition and Machine Learning, equation 4.108.
    """
    chex.assert_rank(logits, {1, 2})
    chex.assert_equal_shape((logits, targets))
    return -jnp.sum(targets * jax.nn.log_softmax(logits, axis=0), axis=0).mean()
