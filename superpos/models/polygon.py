"""The tied autoencoder with two hidden dimensions that starts at a regular polygon.

Source: Chen et al. 2023, Dynamical versus Bayesian Phase Transitions in a Toy Model of
Superposition (arXiv 2310.06301), section 3: the k-gons, critical points of the loss with the
features 1..k on a regular polygon, and section 4, which starts training near the 4-gon.
"""

import jax
import jax.numpy as jnp

from superpos.arguments import Count, Finite, MaybeFinite, NonNegative, Positive, factory
from superpos.models.autoencoder import AutoencoderParams, autoencoder
from superpos.types import Key, Model


@factory
def polygon(
    *,
    n_features: Count,
    vertices: Positive,
    radius: NonNegative,
    bias: Finite = 0.0,
    other_bias: Finite = 0.0,
    last_bias: MaybeFinite = None,
    noise: NonNegative = 0.0,
) -> Model:
    """An autoencoder with n_hidden = 2 whose first features start on a circle, evenly spaced.

    Args:
        n_features: number of features, >= 1.
        vertices: features 0 .. vertices - 1 are on the circle, a whole number in (0, inf).
        radius: of the circle, in [0, inf). The other features start at the origin.
        bias: of the features on the circle, any number.
        other_bias: of the other features, any number.
        last_bias: of the last feature, any number; None is that of the others.
        noise: standard deviation of what is added to each parameter at the start, in [0, inf).

    Returns:
        The Model `autoencoder(n_features=n_features, n_hidden=2)` with that start.

    Raises:
        ArgumentError: a value is out of range.
        AssertionError: a batch whose width is not n_features.
    """
    model = autoencoder(n_features=n_features, n_hidden=2)

    def init(key: Key) -> tuple[AutoencoderParams, tuple[()]]:
        feature = jnp.arange(n_features)
        angle = 2 * jnp.pi * feature / vertices
        on_circle = feature < vertices
        directions = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
        W = jnp.where(on_circle[:, None], radius * directions, 0.0)
        b = jnp.where(on_circle, bias, other_bias)
        if last_bias is not None:
            b = b.at[-1].set(last_bias)
        key_W, key_b = jax.random.split(key)
        return AutoencoderParams(
            W=(W + noise * jax.random.normal(key_W, W.shape)).astype(jnp.float32),
            b=(b + noise * jax.random.normal(key_b, b.shape)).astype(jnp.float32),
        ), ()

    return model._replace(init=init)
