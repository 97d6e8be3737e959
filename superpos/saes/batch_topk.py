"""The k·batch largest latents of a whole batch.

Source: Bussmann, Leask & Nanda 2024, BatchTopK Sparse Autoencoders (arXiv 2412.06410), with the
ranking and the threshold of SAELens 6.54.12 or of dictionary_learning 0.1.0.
"""

import jax
import jax.numpy as jnp

from superpos.arguments import (
    AtLeastOne,
    Count,
    CountOrZero,
    MaybeAtLeastOne,
    PositiveFraction,
    factory,
)
from superpos.models.inits import Init
from superpos.saes.dead import Dead
from superpos.saes.inputs import Centre, Scale
from superpos.saes.parameters import DIMS, SaeParams, decoded, encoded, folded, zeros
from superpos.saes.parts import Architecture, Around, Pass
from superpos.saes.select import largest
from superpos.saes.skeleton import sparse_autoencoder
from superpos.types import Array, Model, Scalar


@factory
def batch_topk(
    *,
    d_in: Count,
    d_code: Count,
    k: AtLeastOne,
    threshold_rate: PositiveFraction = 0.01,
    threshold_start: CountOrZero = 0,
    width: MaybeAtLeastOne = None,
    pre_bias: bool = True,
    init: Init | None = None,
    dead: Dead | None = None,
    centre: Centre = "none",
    scale: Scale = "none",
) -> Model:
    """The k·batch largest pre-activations of a batch; outside training those above a threshold.

    Args:
        d_in: inputs, >= 1.
        d_code: latents, >= 1.
        k: active latents of an example on average, in [1, width]; of the product with the batch
            size a fraction is dropped, so that 2.1 in batches of 15 is 31 a batch.
        threshold_rate: of the running mean that is the threshold, over the smallest activation of
            each batch, in (0, 1].
        threshold_start: the update in which that mean begins, with the smallest activation itself;
            0 begins with a mean of 0.
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
    architecture = batch_architecture(
        d_in, d_code, k, threshold_rate, threshold_start, pre_bias=pre_bias
    )
    around = Around(width=width, init=init, dead=dead, centre=centre, scale=scale)
    return sparse_autoencoder(architecture, around, d_in=d_in, d_code=d_code)


def batch_architecture(
    d_in: int,
    d_code: int,
    k: Scalar,
    threshold_rate: Scalar,
    threshold_start: int,
    *,
    pre_bias: bool,
) -> Architecture:
    """The architecture of `batch_topk`, whose arguments these are."""

    def forward(params: SaeParams, x: Array, used: Array) -> Pass:
        params = folded(params)
        pre = _pre(params, x, pre_bias)
        chosen = batch_largest(jnp.where(used, pre, -jnp.inf), k) & used
        return _decoded(params, pre, chosen)

    def infer(params: SaeParams, threshold: Array, x: Array, used: Array) -> Pass:
        params = folded(params)
        pre = _pre(params, x, pre_bias)
        return _decoded(params, pre, (pre > threshold) & used)

    def next_threshold(threshold: Array, step: Array, found: Pass) -> Array:
        active = found.code > 0
        least = jnp.min(jnp.where(active, found.code, jnp.inf))
        mean = threshold + threshold_rate * (least - threshold)
        if threshold_start:
            mean = jnp.where(step == threshold_start, least, mean)
        return jnp.where((step >= threshold_start) & jnp.any(active), mean, threshold)

    return Architecture(
        zeros=lambda: zeros(d_in, d_code),
        forward=forward,
        decoder=lambda params: folded(params).W_dec,
        dims=DIMS,
        infer=infer,
        threshold=next_threshold,
        k=k,
    )


def batch_largest(values: Array, k: Scalar) -> Array:
    """Which are among the k·batch largest of a whole batch.

    Args:
        values: (batch, d_code).
        k: how many of an example on average, >= 0.

    Returns:
        Truth values, (batch, d_code).
    """
    n_chosen = whole_product(k, values.shape[0])
    return largest(values.reshape(-1), n_chosen).reshape(values.shape)


def whole_product(k: Scalar, batch_size: int) -> Array:
    """k·batch_size without its fraction, the same whether k is swept or written in the program.

    A k in float32 may be a little less than the number that was written, 2.1 for example. So a
    product that the rounding of k may have brought below a whole number is that number. It is
    SAELens' int(k * batch_size), but where that product is itself rounded to below a whole number:
    2.3 * 50 is 115 here, and 114 there.

    Args:
        k: a number >= 0.
        batch_size: >= 1.

    Returns:
        int32 ().
    """
    k = jnp.asarray(k, jnp.zeros(()).dtype)
    whole = jnp.floor(k)
    rounding = jnp.minimum(jnp.finfo(k.dtype).eps * k * batch_size, 0.5)
    rest = jnp.floor((k - whole) * batch_size + rounding)
    return whole.astype(jnp.int32) * batch_size + rest.astype(jnp.int32)


def _pre(params: SaeParams, x: Array, pre_bias: bool) -> Array:
    return encoded(x, params.W_enc, params.b_dec, pre_bias) + params.b_enc[None]


def _decoded(params: SaeParams, pre: Array, chosen: Array) -> Pass:
    code = jnp.where(chosen, jax.nn.relu(pre), 0)
    return Pass(pre, code, decoded(code, params.W_dec, params.b_dec))
