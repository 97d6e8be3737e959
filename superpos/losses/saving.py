"""What each feature saves of the loss: its benefit less the interference that it suffers.

Source: Elhage et al. 2022, Toy Models of Superposition, "Mathematical Understanding" (feature
benefit and interference, there for inputs with one feature on), here for all inputs by two
counterfactuals: a feature that is ignored, and one that nothing interferes with.
"""

from typing import NamedTuple

import chex
import jax.numpy as jnp

from superpos.types import Array


class Saving(NamedTuple):
    """The parts of what is saved of the loss on each feature.

    Attributes:
        benefit: loss where the feature is ignored, less loss where nothing interferes with it,
            (n_features,).
        interference: loss as it is, less loss where nothing interferes, (n_features,); below 0
            where the others help.
    """

    benefit: Array
    interference: Array

    @property
    def saved(self) -> Array:
        """Loss where the feature is ignored, less loss as it is, (n_features,)."""
        return self.benefit - self.interference


def feature_saving(recon: Array, alone: Array, target: Array, importance: Array) -> Saving:
    """Split what a model saves of the squared error on each feature, on one batch for all parts.

    A feature that is ignored is reconstructed as its mean over the batch.

    Args:
        recon: reconstruction of a batch, features leading, (n_features, batch).
        alone: reconstruction of each feature from itself alone, the other inputs 0,
            (n_features, batch).
        target: what was to be reconstructed, (n_features, batch).
        importance: weight of each feature I_i >= 0, (n_features,).

    Returns:
        A Saving, in the dtype of the target.

    Raises:
        AssertionError: the shapes differ.
    """
    chex.assert_rank(target, 2)
    chex.assert_equal_shape((recon, alone, target))
    chex.assert_shape(importance, target.shape[:1])

    def error(given: Array) -> Array:
        return importance * jnp.square(target - given).mean(-1)

    ignored, clean = error(target.mean(-1, keepdims=True)), error(alone)
    return Saving(benefit=ignored - clean, interference=error(recon) - clean)
