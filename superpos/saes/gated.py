"""Latents with a gate, which decides whether they are active, and a magnitude.

Source: Rajamanoharan et al. 2024, Improving Dictionary Learning with Gated Sparse Autoencoders
(arXiv 2404.16014), with the losses of SAELens 6.54.12.
"""

import flax.struct
import jax
import jax.numpy as jnp

from superpos.arguments import Count, MaybeAtLeastOne, factory
from superpos.models.inits import Init
from superpos.saes.dead import Dead
from superpos.saes.inputs import Centre, Scale
from superpos.saes.parameters import DIMS, decoded, encoded, zeros
from superpos.saes.parts import Architecture, Around, Pass
from superpos.saes.skeleton import sparse_autoencoder
from superpos.saes.sparsity import Sparsity
from superpos.saes.tuner import Tuner
from superpos.types import Array, Model


@flax.struct.dataclass(kw_only=True)
class GatedParams:
    """Parameters of the gated autoencoder.

    Attributes:
        W_enc: encoder of gates and, times e^r_mag, of magnitudes, (d_in, d_code).
        W_dec: decoder, a latent is a row, (d_code, d_in).
        b_dec: bias of the reconstruction, (d_in,).
        r_mag: logarithm of what magnitudes are scaled by, (d_code,).
        b_gate: bias of the gates, (d_code,).
        b_mag: bias of the magnitudes, (d_code,).
    """

    W_enc: Array
    W_dec: Array
    b_dec: Array
    r_mag: Array
    b_gate: Array
    b_mag: Array


@factory
def gated(
    *,
    d_in: Count,
    d_code: Count,
    sparsity: Sparsity | None = None,
    frozen_decoder: bool = False,
    width: MaybeAtLeastOne = None,
    pre_bias: bool = True,
    init: Init | None = None,
    tuner: Tuner | None = None,
    dead: Dead | None = None,
    centre: Centre = "none",
    scale: Scale = "none",
) -> Model:
    """[π > 0] ReLU(e^r_mag ⊙ W_encᵀ (x - b_dec) + b_mag) with π = W_encᵀ (x - b_dec) + b_gate.

    The penalty reads ReLU(π), from which the auxiliary error reconstructs the inputs as well.

    Args:
        d_in: inputs, >= 1.
        d_code: latents, >= 1.
        sparsity: the penalty, such as `saes.sparsity.l1`; None is none.
        frozen_decoder: whether the gradient of the auxiliary error stops before W_dec and b_dec as
            these decode, as in the paper.
        width: latents in use, the first of them, in [1, d_code]; a fraction is dropped. None is
            all.
        pre_bias: whether b_dec is taken from the inputs of the encoder.
        init: initial parameters, of `saes.inits`; None is `saelens`.
        tuner: of the coefficient of the penalty, until L0 is what is asked for; None leaves it.
        dead: what brings dead latents back; None is nothing.
        centre: what inputs are encoded at: "none", "mean" or "geometric_median" of the first batch.
        scale: what they are divided by: "none", "mean_square" or "mean_norm".

    Returns:
        A Model over GatedParams, whose state is a SaeState. `sparse_autoencoder` says what its loss
        is and what it measures; `auxiliary` is the auxiliary error.

    Raises:
        ArgumentError: a value is out of range, or a component does not fit the model.
        AssertionError: a batch whose width is not d_in.
    """

    def forward(params: GatedParams, x: Array, used: Array) -> Pass:
        mapped = encoded(x, params.W_enc, params.b_dec, pre_bias)
        gate = mapped + params.b_gate[None]
        pre = mapped * jnp.exp(params.r_mag)[None] + params.b_mag[None]
        code = jnp.where((gate > 0) & used, jax.nn.relu(pre), 0)
        recon = decoded(code, params.W_dec, params.b_dec)
        return Pass(pre, code, recon, penalised=jnp.where(used, jax.nn.relu(gate), 0))

    def terms(params: GatedParams, x: Array, found: Pass) -> dict[str, Array]:
        decoder = (params.W_dec, params.b_dec)
        W_dec, b_dec = jax.lax.stop_gradient(decoder) if frozen_decoder else decoder
        recon = decoded(jnp.asarray(found.penalised), W_dec, b_dec)
        return {"auxiliary": jnp.sum(jnp.square(x - recon), axis=-1).mean()}

    def start() -> GatedParams:
        full, none = zeros(d_in, d_code), jnp.zeros(d_code)
        return GatedParams(
            W_enc=full.W_enc,
            W_dec=full.W_dec,
            b_dec=full.b_dec,
            r_mag=none,
            b_gate=none,
            b_mag=none,
        )

    shared = {name: DIMS[name] for name in ("W_enc", "W_dec", "b_dec")}
    architecture = Architecture(
        zeros=start,
        forward=forward,
        decoder=lambda params: params.W_dec,
        dims={**shared, **dict.fromkeys(("r_mag", "b_gate", "b_mag"), ("latent",))},
        terms=terms,
    )
    around = Around(width, init, sparsity, tuner, dead, centre, scale)
    return sparse_autoencoder(architecture, around, d_in=d_in, d_code=d_code)
