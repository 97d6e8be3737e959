"""Starts somewhere else in the class of equivalent parameters.

At the start they compute the same as the start that they change, and every later batch is the same.
So what differs at the end comes from the gauge and from nothing else.

Source: Elhage et al. 2022, Toy Models of Superposition (rotations of the hidden space); Neyshabur,
Salakhutdinov & Srebro 2015, Path-SGD (scales of ReLU units).
"""

import jax
import jax.numpy as jnp

from superpos.arguments import NonNegative, factory
from superpos.models.inits.base import Init, fields
from superpos.models.inits.normal import glorot
from superpos.types import Array, Key, Params, Scalar


@factory
def rotated(*, draw: NonNegative = 0.0, init: Init | None = None) -> Init:
    """W of another start, turned by a random rotation of the hidden space.

    Args:
        draw: which element of O(n_hidden) for a seed, a whole number in [0, inf); 0 is none.
        init: the other start; None is `glorot`.

    Returns:
        An Init for a tied model. The model computes the same where its hidden layer is linear.

    Raises:
        ArgumentError: a value is out of range; or, from the Init, the model is not tied.
    """
    inner = glorot() if init is None else init

    def turned(key: Key, params: Params) -> Params:
        fields("rotated", params, "W")
        key_start, key_draw = jax.random.split(key)
        params = inner(key_start, params)
        number, n_hidden = _whole(draw), params.W.shape[-1]
        Q = jax.random.orthogonal(jax.random.fold_in(key_draw, number), n_hidden)
        Q = jnp.where(number > 0, Q, jnp.eye(n_hidden)).astype(params.W.dtype)
        return params.replace(W=jnp.matmul(params.W, Q, precision=jax.lax.Precision.HIGHEST))

    return turned


@factory
def rescaled(
    *, spread: NonNegative = 0.0, draw: NonNegative = 0.0, init: Init | None = None
) -> Init:
    """Another start, with every hidden unit scaled going in and scaled back going out.

    Args:
        spread: standard deviation of the logarithm of the scale of a unit, in [0, inf).
        draw: which scales for a seed, a whole number in [0, inf).
        init: the other start; None is `glorot`.

    Returns:
        An Init for an untied model. The model computes the same where its units are linear or ReLU.

    Raises:
        ArgumentError: a value is out of range; or, from the Init, the model is tied.
    """
    inner = glorot() if init is None else init

    def scaled(key: Key, params: Params) -> Params:
        fields("rescaled", params, "W_in", "W_out")
        key_start, key_draw = jax.random.split(key)
        params = inner(key_start, params)
        key_scale = jax.random.fold_in(key_draw, _whole(draw))
        scales = jnp.exp(spread * jax.random.normal(key_scale, (1, params.W_in.shape[-1])))
        scales = scales.astype(params.W_in.dtype)
        return params.replace(W_in=params.W_in * scales, W_out=params.W_out / scales)

    return scaled


def _whole(number: Scalar) -> Array:
    return jnp.asarray(number).astype(jnp.int32)
