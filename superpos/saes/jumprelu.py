"""Latents with thresholds of their own, which are trained.

Source: Rajamanoharan et al. 2024, Jumping Ahead: Improving Reconstruction Fidelity with JumpReLU
Sparse Autoencoders (arXiv 2407.14435). The threshold itself is trained, as in SAELens 6.54.12, and
not its logarithm, which hardly moves under Adam.
"""

import flax.struct
import jax.numpy as jnp

from superpos.arguments import Count, MaybeAtLeastOne, Positive, factory
from superpos.models.inits import Init
from superpos.saes import jump
from superpos.saes.dead import Dead
from superpos.saes.inputs import Centre, Scale
from superpos.saes.parameters import DIMS, SaeParams, decoded, encoded, zeros
from superpos.saes.parts import Architecture, Around, Pass
from superpos.saes.skeleton import sparse_autoencoder
from superpos.saes.sparsity import Sparsity
from superpos.saes.tuner import Tuner
from superpos.types import Array, Model


@flax.struct.dataclass(kw_only=True)
class JumpReluParams(SaeParams):
    """Parameters of the JumpReLU autoencoder.

    Attributes:
        W_enc: encoder, (d_in, d_code).
        W_dec: decoder, a latent is a row, (d_code, d_in).
        b_enc: bias of the pre-activations, (d_code,).
        b_dec: bias of the reconstruction, (d_in,).
        threshold: above which a latent is active, (d_code,); below 0 it counts as 0.
    """

    threshold: Array


@factory
def jumprelu(
    *,
    d_in: Count,
    d_code: Count,
    sparsity: Sparsity | None = None,
    init_threshold: Positive = 0.01,
    bandwidth: Positive = 0.05,
    width: MaybeAtLeastOne = None,
    pre_bias: bool = True,
    init: Init | None = None,
    tuner: Tuner | None = None,
    dead: Dead | None = None,
    centre: Centre = "none",
    scale: Scale = "none",
) -> Model:
    """Pre-activations above the threshold of their latent, with a penalty.

    Args:
        d_in: inputs, >= 1.
        d_code: latents, >= 1.
        sparsity: the penalty, such as `saes.sparsity.step`; None is none.
        init_threshold: where thresholds start, in (0, inf).
        bandwidth: width of the kernel of pseudo-derivatives, in (0, inf).
        width: latents in use, the first of them, in [1, d_code]; a fraction is dropped. None is
            all.
        pre_bias: whether b_dec is taken from the inputs of the encoder.
        init: initial parameters, of `saes.inits`; None is `saelens`.
        tuner: of the coefficient of the penalty, until L0 is what is asked for; None leaves it.
        dead: what brings dead latents back; None is nothing.
        centre: what inputs are encoded at: "none", "mean" or "geometric_median" of the first batch.
        scale: what they are divided by: "none", "mean_square" or "mean_norm".

    Returns:
        A Model over JumpReluParams, whose state is a SaeState. `sparse_autoencoder` says what its
        loss is and what it measures.

    Raises:
        ArgumentError: a value is out of range, or a component does not fit the model.
        AssertionError: a batch whose width is not d_in.
    """

    def forward(params: JumpReluParams, x: Array, used: Array) -> Pass:
        threshold = jump.projected(params.threshold)[None]
        pre = encoded(x, params.W_enc, params.b_dec, pre_bias) + params.b_enc[None]
        code = jnp.where(used, jump.jump_relu(pre, threshold, bandwidth), 0)
        gate = jnp.where(used, jump.step(pre, threshold, bandwidth), 0)
        return Pass(pre, code, decoded(code, params.W_dec, params.b_dec), gate=gate)

    def start() -> JumpReluParams:
        thresholds = jnp.full(d_code, init_threshold, jnp.zeros(()).dtype)
        return JumpReluParams(**vars(zeros(d_in, d_code)), threshold=thresholds)

    architecture = Architecture(
        zeros=start,
        forward=forward,
        decoder=lambda params: params.W_dec,
        dims={**DIMS, "threshold": ("latent",)},
    )
    around = Around(width, init, sparsity, tuner, dead, centre, scale)
    return sparse_autoencoder(architecture, around, d_in=d_in, d_code=d_code)
