"""A regular polygon in two hidden dimensions.

Source: Chen et al. 2023, Dynamical versus Bayesian Phase Transitions in a Toy Model of
Superposition (arXiv 2310.06301), section 3: the k-gons, critical points of the loss with the
features 1..k on a regular polygon, and section 4, which starts training near the 4-gon.
"""

import jax
import jax.numpy as jnp

from superpos.arguments import (
    ArgumentError,
    Finite,
    MaybeFinite,
    NonNegative,
    Positive,
    factory,
)
from superpos.models.inits.base import Init, fields
from superpos.types import Key, Params


@factory
def polygon(
    *,
    vertices: Positive,
    radius: NonNegative,
    bias: Finite = 0.0,
    other_bias: Finite = 0.0,
    last_bias: MaybeFinite = None,
    noise: NonNegative = 0.0,
) -> Init:
    """The first features on a circle, evenly spaced, and the others at the origin.

    Args:
        vertices: features 0 .. vertices - 1 are on the circle, a whole number in (0, inf).
        radius: of the circle, in [0, inf).
        bias: of the features on the circle, any number.
        other_bias: of the other features, any number.
        last_bias: of the last feature, any number; None is that of the others.
        noise: standard deviation of what is added to each parameter, in [0, inf).

    Returns:
        An Init for a tied model with n_hidden = 2.

    Raises:
        ArgumentError: a value is out of range; or, from the Init, the model is another.
    """

    def init(key: Key, params: Params) -> Params:
        zero_W, zero_b = fields("polygon", params, "W", "b")
        n_features, n_hidden = zero_W.shape
        if n_hidden != 2:
            raise ArgumentError(f"init=polygon: expected n_hidden=2, not {n_hidden}")
        feature = jnp.arange(n_features)
        angle = 2 * jnp.pi * feature / vertices
        on_circle = feature < vertices
        directions = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
        W = jnp.where(on_circle[:, None], radius * directions, 0.0)
        b = jnp.where(on_circle, bias, other_bias)
        if last_bias is not None:
            b = b.at[-1].set(last_bias)
        key_W, key_b = jax.random.split(key)
        return params.replace(
            W=(W + noise * jax.random.normal(key_W, W.shape)).astype(zero_W.dtype),
            b=(b + noise * jax.random.normal(key_b, b.shape)).astype(zero_b.dtype),
        )

    return init
