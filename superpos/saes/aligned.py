"""TopK with encoder and decoder aligned: ⟨enc_i, dec_i⟩ = 1 for every latent.

Source: Aligned Training: A Parameter-Free Method to Improve Feature Quality and Stability of Sparse
Autoencoders (arXiv 2605.18629), its constraint. How it is kept is our choice: the encoder is what
is nearest to W_enc on the hyperplane of encoders that meet it.
"""

import jax.numpy as jnp

from superpos.arguments import AtLeastOne, Count, MaybeAtLeastOne, factory
from superpos.models.inits import Init
from superpos.saes.dead import Dead
from superpos.saes.inputs import Centre, Scale
from superpos.saes.parameters import DIMS, SaeParams, folded, zeros
from superpos.saes.parts import Architecture, Around, Pass
from superpos.saes.skeleton import sparse_autoencoder
from superpos.saes.topk import top_pass
from superpos.types import Array, Model


@factory
def aligned(
    *,
    d_in: Count,
    d_code: Count,
    k: AtLeastOne,
    width: MaybeAtLeastOne = None,
    pre_bias: bool = True,
    init: Init | None = None,
    dead: Dead | None = None,
    centre: Centre = "none",
    scale: Scale = "none",
) -> Model:
    """The k largest latents of each example, where a latent reads 1 from its own decoder row.

    Args:
        d_in: inputs, >= 1.
        d_code: latents, >= 1.
        k: latents that are active, in [1, width]; a fraction is dropped.
        width: latents in use, the first of them, in [1, d_code]; a fraction is dropped. None is
            all.
        pre_bias: whether b_dec is taken from the inputs of the encoder.
        init: initial parameters, of `saes.inits`; None is `saelens`.
        dead: what brings dead latents back, such as `saes.auxk`; None is nothing.
        centre: what inputs are centred at: "none", "mean" or "geometric_median" of the first batch.
        scale: what they are divided by: "none", "mean_square" or "mean_norm".

    Returns:
        A Model over SaeParams, whose state is a SaeState and whose code is that of decoder rows of
        norm 1. `sparse_autoencoder` says what its loss is and what it measures.

    Raises:
        ArgumentError: a value is out of range, or a component does not fit the model.
        AssertionError: a batch whose width is not d_in.
    """

    def forward(params: SaeParams, x: Array, used: Array) -> Pass:
        return top_pass(folded(aligned_params(params)), x, used, k, pre_bias=pre_bias)

    architecture = Architecture(
        zeros=lambda: zeros(d_in, d_code),
        forward=forward,
        decoder=lambda params: folded(params).W_dec,
        dims=DIMS,
        k=k,
    )
    around = Around(width=width, init=init, dead=dead, centre=centre, scale=scale)
    return sparse_autoencoder(architecture, around, d_in=d_in, d_code=d_code)


def aligned_params(params: SaeParams) -> SaeParams:
    """Parameters whose encoder is the nearest with ⟨enc_i, dec_i⟩ = 1; where dec_i is 0, as it is.

    Args:
        params: of any autoencoder with an encoder of its own.
    """
    inner = jnp.sum(params.W_enc.T * params.W_dec, axis=1)
    squares = jnp.sum(jnp.square(params.W_dec), axis=1)
    shift = jnp.where(squares > 0, (1 - inner) / jnp.where(squares > 0, squares, 1), 0)
    return params.replace(W_enc=params.W_enc + shift[None] * params.W_dec.T)
