"""ReLU latents with a penalty: the first sparse autoencoders.

Source: Cunningham et al. 2023 (arXiv 2309.08600) and Bricken et al. 2023, Towards Monosemanticity,
with the penalty of SAELens 6.54.12. Tied weights are those of Sharkey et al. 2022.
"""

import flax.struct
import jax
import jax.numpy as jnp

from superpos.arguments import Count, MaybeAtLeastOne, factory
from superpos.models.inits import Init
from superpos.saes.dead import Dead
from superpos.saes.inputs import Centre, Scale
from superpos.saes.parameters import DIMS, SaeParams, decoded, encoded, zeros
from superpos.saes.parts import Architecture, Around, Pass
from superpos.saes.skeleton import sparse_autoencoder
from superpos.saes.sparsity import Sparsity
from superpos.saes.tuner import Tuner
from superpos.types import Array, Model


@flax.struct.dataclass(kw_only=True)
class TiedParams:
    """Parameters of an autoencoder whose encoder is its decoder transposed.

    Attributes:
        W_dec: decoder, a latent is a row, (d_code, d_in).
        b_enc: bias of the pre-activations, (d_code,).
        b_dec: bias of the reconstruction, (d_in,).
    """

    W_dec: Array
    b_enc: Array
    b_dec: Array


@factory
def relu(
    *,
    d_in: Count,
    d_code: Count,
    sparsity: Sparsity | None = None,
    tied: bool = False,
    width: MaybeAtLeastOne = None,
    pre_bias: bool = True,
    init: Init | None = None,
    tuner: Tuner | None = None,
    dead: Dead | None = None,
    centre: Centre = "none",
    scale: Scale = "none",
) -> Model:
    """ReLU(W_encᵀ (x - b_dec) + b_enc), with a penalty on the code.

    Args:
        d_in: inputs, >= 1.
        d_code: latents, >= 1.
        sparsity: the penalty, such as `saes.sparsity.l1`; None is none.
        tied: whether the encoder is the decoder transposed.
        width: latents in use, the first of them, in [1, d_code]; a fraction is dropped. None is
            all.
        pre_bias: whether b_dec is taken from the inputs of the encoder.
        init: initial parameters, of `saes.inits`; None is `saelens`.
        tuner: of the coefficient of the penalty, until L0 is what is asked for; None leaves it.
        dead: what brings dead latents back; None is nothing.
        centre: what inputs are centred at: "none", "mean" or "geometric_median" of the first batch.
        scale: what they are divided by: "none", "mean_square" or "mean_norm".

    Returns:
        A Model over SaeParams or TiedParams, whose state is a SaeState. `sparse_autoencoder` says
        what its loss is and what it measures.

    Raises:
        ArgumentError: a value is out of range, or a component does not fit the model.
        AssertionError: a batch whose width is not d_in.
    """
    architecture = relu_architecture(d_in, d_code, tied=tied, pre_bias=pre_bias)
    around = Around(width, init, sparsity, tuner, dead, centre, scale)
    return sparse_autoencoder(architecture, around, d_in=d_in, d_code=d_code)


def relu_architecture(d_in: int, d_code: int, *, tied: bool, pre_bias: bool) -> Architecture:
    """The architecture of `relu`, whose arguments these are."""

    def forward(params: SaeParams | TiedParams, x: Array, used: Array) -> Pass:
        W_enc = params.W_dec.T if isinstance(params, TiedParams) else params.W_enc
        pre = encoded(x, W_enc, params.b_dec, pre_bias) + params.b_enc[None]
        code = jnp.where(used, jax.nn.relu(pre), 0)
        return Pass(pre, code, decoded(code, params.W_dec, params.b_dec))

    def start() -> SaeParams | TiedParams:
        full = zeros(d_in, d_code)
        if not tied:
            return full
        return TiedParams(W_dec=full.W_dec, b_enc=full.b_enc, b_dec=full.b_dec)

    names = ("W_dec", "b_enc", "b_dec") if tied else tuple(DIMS)
    return Architecture(
        zeros=start,
        forward=forward,
        decoder=lambda params: params.W_dec,
        dims={name: DIMS[name] for name in names},
    )
