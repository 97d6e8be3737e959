"""Latents found one after another, each in what the ones before it left over.

Source: Costa et al. 2025, From Flat to Hierarchical: Extracting Sparse Representations with
Matching Pursuit (arXiv 2506.03093), with the stopping rules of SAELens 6.54.12.
"""

import flax.struct
import jax
import jax.numpy as jnp

from superpos.arguments import (
    AtLeastOne,
    Count,
    MaybeAtLeastOne,
    MaybeCount,
    NonNegative,
    factory,
    within,
)
from superpos.models.inits import Init
from superpos.saes.inits import saelens
from superpos.saes.inputs import Centre, Scale
from superpos.saes.parameters import DIMS, centred
from superpos.saes.parts import Architecture, Around, Pass
from superpos.saes.skeleton import sparse_autoencoder
from superpos.types import Array, Model


@flax.struct.dataclass(kw_only=True)
class PursuitParams:
    """Parameters of matching pursuit, which has no encoder.

    Attributes:
        W_dec: decoder, a latent is a row, (d_code, d_in).
        b_dec: bias of inputs and reconstruction, (d_in,).
    """

    W_dec: Array
    b_dec: Array


@factory
def matching_pursuit(
    *,
    d_in: Count,
    d_code: Count,
    k: AtLeastOne,
    max_iterations: MaybeCount = None,
    residual_threshold: NonNegative = 0.0,
    stop_at_repeat: bool = False,
    width: MaybeAtLeastOne = None,
    pre_bias: bool = True,
    init: Init | None = None,
    centre: Centre = "none",
    scale: Scale = "none",
) -> Model:
    """The latent with the largest product with the residual is active by it; k times over.

    A latent may be chosen again, and then its activations add up.

    Args:
        d_in: inputs, >= 1.
        d_code: latents, >= 1.
        k: iterations, in [1, max_iterations]; a fraction is dropped.
        max_iterations: of which the program has as many, >= 1; None is d_in. Time grows with it.
        residual_threshold: an example is done once the norm of its residual is less, in [0, inf).
        stop_at_repeat: whether an example is done once an iteration adds no other latent.
        width: latents in use, the first of them, in [1, d_code]; a fraction is dropped. None is
            all.
        pre_bias: whether there is a b_dec, in the inputs of the encoder and the reconstruction.
        init: initial parameters, of `saes.inits`; None is `saelens` with decoder rows of norm 1.
        centre: what inputs are centred at: "none", "mean" or "geometric_median" of the first batch.
        scale: what they are divided by: "none", "mean_square" or "mean_norm".

    Returns:
        A Model over PursuitParams, whose state is a SaeState. `sparse_autoencoder` says what its
        loss is and what it measures.

    Raises:
        ArgumentError: a value is out of range, or a component does not fit the model.
        AssertionError: a batch whose width is not d_in.
    """
    n_iterations = d_in if max_iterations is None else max_iterations
    within(k, "k", n_iterations, f"the {n_iterations} iterations of the program")

    def forward(params: PursuitParams, x: Array, used: Array) -> Pass:
        n_wanted = jnp.asarray(k).astype(jnp.int32)

        def iterate(
            loop: tuple[Array, Array, Array], number: Array
        ) -> tuple[tuple[Array, Array, Array], tuple[Array, Array]]:
            residual, active, done = loop
            products = jax.lax.stop_gradient(residual) @ jax.lax.stop_gradient(params.W_dec).T
            chosen = first_largest(jnp.where(used, jax.nn.relu(products), -1))
            rows = params.W_dec[chosen]
            values = jax.nn.relu(jnp.sum(residual * rows, axis=-1))
            values = jnp.where(done | (number >= n_wanted), 0, values)
            left = residual - values[:, None] * rows
            done |= jnp.sum(jnp.square(left), axis=-1) < jnp.square(residual_threshold)
            if stop_at_repeat:
                new = active.at[examples, chosen].max(values > 0)
                done |= jnp.all(new == active, axis=-1)
                active = new
            return (left, active, done), (chosen, values)

        inside = centred(x, params.b_dec, pre_bias)
        examples, none = jnp.arange(x.shape[0]), jnp.zeros((x.shape[0], d_code), bool)
        start = (inside, none, jnp.zeros(x.shape[0], bool))
        _, (chosen, values) = jax.lax.scan(iterate, start, jnp.arange(n_iterations))
        code = jnp.zeros((x.shape[0], d_code), inside.dtype)
        code = code.at[examples[None], chosen].add(values)
        recon = code @ params.W_dec
        return Pass(code, code, recon + params.b_dec[None] if pre_bias else recon)

    def start() -> PursuitParams:
        return PursuitParams(W_dec=jnp.zeros((d_code, d_in)), b_dec=jnp.zeros(d_in))

    architecture = Architecture(
        zeros=start,
        forward=forward,
        decoder=lambda params: params.W_dec,
        dims={name: DIMS[name] for name in ("W_dec", "b_dec")},
        k=k,
    )
    init = saelens(decoder_norm=1.0) if init is None else init
    around = Around(width=width, init=init, centre=centre, scale=scale)
    return sparse_autoencoder(architecture, around, d_in=d_in, d_code=d_code)


def first_largest(values: Array) -> Array:
    """The index of the largest along the last axis, the first of equal ones; as `jnp.argmax`.

    On a CPU the compiler makes better loops of two reductions than of one of pairs. Where there is
    a nan it is the last index.
    """
    n = values.shape[-1]
    index = jax.lax.broadcasted_iota(jnp.int32, values.shape, values.ndim - 1)
    largest = jnp.max(values, axis=-1, keepdims=True)
    return jnp.min(jnp.where(values == largest, index, n - 1), axis=-1)
