"""Models that start somewhere else in the class of equivalent parameters.

At the start they compute the same as the model that is not moved, and every later batch is the
same. So what differs at the end comes from the gauge and from nothing else.

Source: Elhage et al. 2022, Toy Models of Superposition (rotations of the hidden space); Neyshabur,
Salakhutdinov & Srebro 2015, Path-SGD (scales of ReLU units).
"""

import jax
import jax.numpy as jnp

from superpos.arguments import Count, NonNegative, Positive, factory
from superpos.models.autoencoder import AutoencoderParams, autoencoder
from superpos.models.computation import ComputationParams, computation
from superpos.types import Array, Key, Model, Scalar


@factory
def rotated(
    *,
    n_features: Count,
    n_hidden: Count,
    importance_decay: Positive = 1.0,
    draw: NonNegative = 0.0,
) -> Model:
    """The tied autoencoder whose initial W is turned by a random rotation of the hidden space.

    Args:
        n_features: number of features, >= 1.
        n_hidden: hidden dimensions, >= 1.
        importance_decay: feature i has importance importance_decay**i, in (0, inf).
        draw: which element of O(n_hidden) for a seed, a whole number in [0, inf); 0 is none.

    Returns:
        The Model `autoencoder` of these numbers with that start.

    Raises:
        ArgumentError: a value is out of range.
        AssertionError: a batch whose width is not n_features.
    """
    model = autoencoder(n_features=n_features, n_hidden=n_hidden, importance_decay=importance_decay)

    def init(key: Key) -> tuple[AutoencoderParams, tuple[()]]:
        key_start, key_draw = jax.random.split(key)
        params, state = model.init(key_start)
        number = _whole(draw)
        Q = jax.random.orthogonal(jax.random.fold_in(key_draw, number), n_hidden)
        Q = jnp.where(number > 0, Q, jnp.eye(n_hidden)).astype(params.W.dtype)
        W = jnp.matmul(params.W, Q, precision=jax.lax.Precision.HIGHEST)
        return params.replace(W=W), state

    return model._replace(init=init)


@factory
def rescaled(
    *,
    n_features: Count,
    n_hidden: Count,
    importance_decay: Positive = 1.0,
    spread: NonNegative = 0.0,
    draw: NonNegative = 0.0,
) -> Model:
    """The untied model whose ReLU units are scaled going in and scaled back going out.

    Args:
        n_features: number of inputs and of outputs, >= 1.
        n_hidden: ReLU units, >= 1.
        importance_decay: output i has importance importance_decay**i, in (0, inf).
        spread: standard deviation of the logarithm of the scale of a unit, in [0, inf).
        draw: which scales for a seed, a whole number in [0, inf).

    Returns:
        The Model `computation` of these numbers with that start.

    Raises:
        ArgumentError: a value is out of range.
        AssertionError: a batch whose width is not n_features.
    """
    model = computation(n_features=n_features, n_hidden=n_hidden, importance_decay=importance_decay)

    def init(key: Key) -> tuple[ComputationParams, tuple[()]]:
        key_start, key_draw = jax.random.split(key)
        params, state = model.init(key_start)
        key_scale = jax.random.fold_in(key_draw, _whole(draw))
        scales = jnp.exp(spread * jax.random.normal(key_scale, (1, n_hidden)))
        scales = scales.astype(params.W_in.dtype)
        return params.replace(W_in=params.W_in * scales, W_out=params.W_out / scales), state

    return model._replace(init=init)


def _whole(number: Scalar) -> Array:
    return jnp.asarray(number).astype(jnp.int32)
