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


def sigmoid_cross_entropy(logits: Array, targets: Array) -> Array:
    """Cross entropy of the sigmoid of each logit, summed over outputs and averaged over a batch.

    Args:
        logits: log odds of each output, of one example, (n_outputs,), or of a batch,
            (n_outputs, batch).
        targets: probability of each output, of the same shape; 0 or 1 for a label.

    Returns:
        -Σ_k (target_k log sigmoid(logit_k) + (1 - target_k) log sigmoid(-logit_k)), in nats, the
        mean over a batch, ().

    Raises:
        AssertionError: the shapes differ.

    Reference:
        Bishop 2006, Pattern Recognition and Machine Learning, equation 4.90.
    """
    chex.assert_rank(logits, {1, 2})
    chex.assert_equal_shape((logits, targets))
    return jnp.sum(jax.nn.softplus(logits) - targets * logits, axis=0).mean()
