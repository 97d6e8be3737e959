"""The k largest latents of each example.

Source: Gao et al. 2024, Scaling and evaluating sparse autoencoders (arXiv 2406.04093), equation 1,
with latents ranked by pre-activation times the norm of their decoder row, as in SAELens 6.54.12.
"""

import jax
import jax.numpy as jnp

from superpos.arguments import AtLeastOne, Count, MaybeAtLeastOne, factory
from superpos.models.inits import Init
from superpos.saes.dead import Dead
from superpos.saes.inputs import Centre, Scale
from superpos.saes.parameters import DIMS, SaeParams, decoded, encoded, folded, zeros
from superpos.saes.parts import Architecture, Around, Pass
from superpos.saes.select import largest
from superpos.saes.skeleton import sparse_autoencoder
from superpos.types import Array, Model, Scalar


@factory
def topk(
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
    """The k largest pre-activations of each example, through a ReLU.

    Args:
        d_in: inputs, >= 1.
        d_code: latents, >= 1.
        k: latents that are active, in [1, width]; a fraction is dropped.
        width: latents in use, the first of them, in [1, d_code]; a fraction is dropped. None is
            all.
        pre_bias: whether b_dec is taken from the inputs of the encoder.
        init: initial parameters, of `saes.inits`; None is `saelens`.
        dead: what brings dead latents back, such as `saes.auxk`; None is nothing.
        centre: what inputs are encoded at: "none", "mean" or "geometric_median" of the first batch.
        scale: what they are divided by: "none", "mean_square" or "mean_norm".

    Returns:
        A Model over SaeParams, whose state is a SaeState and whose code is that of decoder rows of
        norm 1. `sparse_autoencoder` says what its loss is and what it measures.

    Raises:
        ArgumentError: a value is out of range, or a component does not fit the model.
        AssertionError: a batch whose width is not d_in.
    """
    architecture = Architecture(
        zeros=lambda: zeros(d_in, d_code),
        forward=lambda params, x, used: top_pass(folded(params), x, used, k, pre_bias=pre_bias),
        decoder=lambda params: folded(params).W_dec,
        dims=DIMS,
        k=k,
    )
    around = Around(width=width, init=init, dead=dead, centre=centre, scale=scale)
    return sparse_autoencoder(architecture, around, d_in=d_in, d_code=d_code)


def top_pass(params: SaeParams, x: Array, used: Array, k: Scalar, *, pre_bias: bool) -> Pass:
    """The pass of a batch (batch, d_in) through parameters that are folded.

    Args:
        params: whose decoder is what a code is multiplied by.
        x: inputs, (batch, d_in).
        used: which latents are in use, (1, d_code).
        k: latents of each example that are active.
        pre_bias: whether b_dec is taken from the inputs of the encoder.
    """
    pre = encoded(x, params.W_enc, params.b_dec, pre_bias) + params.b_enc[None]
    chosen = largest(jnp.where(used, pre, -jnp.inf), k) & used
    code = jnp.where(chosen, jax.nn.relu(pre), 0)
    return Pass(pre, code, decoded(code, params.W_dec, params.b_dec))
