"""Parameters of most sparse autoencoders, with SAELens' names, and what is made of them."""

import dataclasses

import flax.struct
import jax
import jax.numpy as jnp

from superpos.metrics import feature_norms
from superpos.models.products import batch_product
from superpos.types import Array, Dims


@flax.struct.dataclass(kw_only=True)
class SaeParams:
    """Parameters of an autoencoder with one layer on either side.

    Attributes:
        W_enc: encoder, (d_in, d_code).
        W_dec: decoder, a latent is a row, (d_code, d_in).
        b_enc: bias of the pre-activations, (d_code,).
        b_dec: bias of the reconstruction, (d_in,).
    """

    W_enc: Array
    W_dec: Array
    b_enc: Array
    b_dec: Array


DIMS: Dims = {
    "W_enc": ("input", "latent"),
    "W_dec": ("latent", "input"),
    "b_enc": ("latent",),
    "b_dec": ("input",),
}


def zeros(d_in: int, d_code: int) -> SaeParams:
    """Parameters that are all 0."""
    return SaeParams(
        W_enc=jnp.zeros((d_in, d_code)),
        W_dec=jnp.zeros((d_code, d_in)),
        b_enc=jnp.zeros(d_code),
        b_dec=jnp.zeros(d_in),
    )


def centred(x: Array, b_dec: Array, pre_bias: bool) -> Array:
    """A batch as the encoder reads it, (batch, d_in): without b_dec where there is a pre-bias."""
    return x - b_dec[None] if pre_bias else x


def encoded(x: Array, W_enc: Array, b_dec: Array, pre_bias: bool) -> Array:
    """`centred(x, b_dec, pre_bias) @ W_enc`, (batch, d_code), with a cheaper gradient.

    That of b_dec is minus the gradient summed over the batch, times W_encᵀ. Left to itself it comes
    out as a product of the whole batch which is then summed, a sixth beside the five that an update
    needs. So the product reads b_dec as a constant, and a row of zeros carries its gradient.
    """
    if not pre_bias:
        return batch_product(x, W_enc)
    held = jax.lax.stop_gradient(b_dec)
    return batch_product(centred(x, held, pre_bias), W_enc) - (b_dec - held)[None] @ W_enc


def decoded(code: Array, W_dec: Array, b_dec: Array) -> Array:
    """The reconstruction of a batch of codes, (batch, d_code) -> (batch, d_in)."""
    return batch_product(code, W_dec) + b_dec[None]


def fired(code: Array) -> Array:
    """Which latents are on in an example of a batch, (batch, d_code) -> bool (d_code,).

    By the largest, which takes a fifth of what any over booleans takes on a CPU.
    """
    return jnp.max(jnp.abs(code), axis=0) != 0


def folded(params: SaeParams) -> SaeParams:
    """The same autoencoder with decoder rows of norm 1, whose norms are in its encoder.

    Latents are ranked by pre-activation times norm, so that a free decoder decides nothing by how
    long its rows are. A zero row stays zero.
    """
    norms = feature_norms(params.W_dec)
    return dataclasses.replace(
        params,
        W_enc=params.W_enc * norms[None],
        b_enc=params.b_enc * norms,
        W_dec=_divided(params.W_dec, norms),
    )


def unit_rows(W_dec: Array) -> Array:
    """Rows of norm 1; a zero row stays zero."""
    return _divided(W_dec, feature_norms(W_dec))


def _divided(rows: Array, norms: Array) -> Array:
    """Rows by their norms; a zero row stays zero."""
    return rows / jnp.where(norms == 0, 1.0, norms)[:, None]
