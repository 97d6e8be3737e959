"""Adversarial examples for tied weights, in closed form.

Source: Elhage et al. 2022, Toy Models of Superposition, "Relationship to Adversarial Robustness".
Output i grows fastest along the row (W Wᵀ)_i, so that row, scaled to the norm allowed, is the best
L2 attack on a feature as long as its output is on.
"""

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, NonNegative, factory
from superpos.metrics import feature_norms, gram_matrix
from superpos.models.regularisers.base import Regulariser
from superpos.types import Array, Key, Params


def attack_directions(W: Array) -> Array:
    """The direction of the best attack on each feature.

    Args:
        W: feature directions, (n_features, n_hidden).

    Returns:
        Rows of W Wᵀ scaled to norm 1, a feature's attack is a row, (n_features, n_features); a
        zero row stays zero.
    """
    rows = gram_matrix(W)
    norms = feature_norms(rows)[:, None]
    return rows / jnp.where(norms == 0, 1.0, norms)


@factory
def attack(*, attack_norm: NonNegative) -> Regulariser:
    """Each input attacked at a random feature.

    The attack counts as given: no gradient goes through its direction or its norm.

    Args:
        attack_norm: norm of each attack as part of the mean norm of the inputs, in [0, inf).

    Returns:
        A Regulariser of a model with tied weights.

    Raises:
        ArgumentError: a value is out of range; or, from `loss`, the model has no tied weights W.

    Reference:
        Elhage et al. 2022, "Relationship to Adversarial Robustness": adversarial training with the
        analytic attack on a random feature.
    """

    def attacked(inputs: Array, params: Params, key: Key) -> Array:
        if not hasattr(params, "W"):
            raise ArgumentError("regularisers.attack: expected a model with tied weights W")
        n_features, batch_size = inputs.shape
        W = jax.lax.stop_gradient(params.W)
        rows = W @ W[jax.random.randint(key, (batch_size,), 0, n_features)].T
        norms = jnp.linalg.norm(rows, axis=0, keepdims=True)
        step = jnp.asarray(attack_norm, inputs.dtype) * jnp.linalg.norm(inputs, axis=0).mean()
        return inputs + step * rows / jnp.where(norms == 0, 1.0, norms)

    return Regulariser(on_inputs=(attacked,))
