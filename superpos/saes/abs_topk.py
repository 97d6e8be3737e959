"""The k latents of each example that are largest in size, with their signs.

Source: Zhu et al. 2025, AbsTopK: Rethinking Sparse Autoencoders For Bidirectional Features (arXiv
2510.00404), with the ranking of SAELens 6.54.12.
"""

import jax.numpy as jnp

from superpos.arguments import AtLeastOne, Count, MaybeAtLeastOne, factory
from superpos.models.inits import Init
from superpos.saes.dead import Dead
from superpos.saes.inputs import Centre, Scale
from superpos.saes.parameters import DIMS, SaeParams, decoded, encoded, folded, zeros
from superpos.saes.parts import Architecture, Around, Pass
from superpos.saes.select import largest
from superpos.saes.skeleton import sparse_autoencoder
from superpos.types import Array, Model


@factory
def abs_topk(
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
    """The k pre-activations of each example that are largest in size, whatever their sign.

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
        A Model over SaeParams, whose state is a SaeState and whose code, of decoder rows of norm 1,
        may be negative. `sparse_autoencoder` says what its loss is and what it measures.

    Raises:
        ArgumentError: a value is out of range, or a component does not fit the model.
        AssertionError: a batch whose width is not d_in.
    """

    def forward(params: SaeParams, x: Array, used: Array) -> Pass:
        params = folded(params)
        pre = encoded(x, params.W_enc, params.b_dec, pre_bias) + params.b_enc[None]
        rank = jnp.where(used, jnp.abs(pre), -jnp.inf)
        code = jnp.where(largest(rank, k) & used, pre, 0)
        return Pass(pre, code, decoded(code, params.W_dec, params.b_dec), rank=rank)

    architecture = Architecture(
        zeros=lambda: zeros(d_in, d_code),
        forward=forward,
        decoder=lambda params: folded(params).W_dec,
        dims=DIMS,
        k=k,
    )
    around = Around(width=width, init=init, dead=dead, centre=centre, scale=scale)
    return sparse_autoencoder(architecture, around, d_in=d_in, d_code=d_code)
