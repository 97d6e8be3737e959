"""What a code and its reconstructions are like on a batch: sparsity, dead latents, fit.

Source: SynthSAEBench (arXiv 2602.14687), with the definitions of SAELens 6.54.12; Chanin &
Garriga-Alonso 2025, Sparse but Wrong (arXiv 2508.16560), for the decoder projection. A latent is on
where its value is not 0, of either sign.
"""

from typing import Annotated, Any

import jax.numpy as jnp

from superpos.arguments import Count
from superpos.metrics.directions import Decoder, Used
from superpos.metrics.entry import Axes, Numbers, metric
from superpos.metrics.geometry import feature_norms, row_products
from superpos.types import Array

Codes = Annotated[Any, Axes(("example", "latent"))]
Rows = Annotated[Any, Axes(("example", "input"))]
Offset = Annotated[Any, Axes(("input",))]
LEAST_NORM = 1e-6
"""An input of a smaller norm does not count for shrinkage."""
LEAST_VARIANCE = 1e-12
"""As part of the mean square of inputs; what is no more is rounding, and counts as no variance."""


@metric
def l0(code: Codes) -> Numbers:
    """How many latents are on in an example, on average; of true feature values, the true L0.

    Args:
        code: (..., n_examples, n_latents).

    Returns:
        In [0, n_latents], (...).
    """
    return jnp.mean(jnp.sum(code != 0, axis=-1, dtype=code.dtype), axis=-1)


@metric
def dead_latents(code: Codes, used: Used = None) -> Numbers:
    """How many latents are on in no example.

    Args:
        code: (..., n_examples, n_latents).
        used: which latents count, bool (..., n_latents); all where it is left out.

    Returns:
        In [0, n_latents], int32 (...).
    """
    silent = ~jnp.any(code != 0, axis=-2)
    return jnp.sum(silent if used is None else silent & used, axis=-1, dtype=jnp.int32)


@metric
def shrinkage(recon: Rows, inputs: Rows) -> Numbers:
    """How long reconstructions are beside their inputs.

    Args:
        recon: reconstructions, (..., n_examples, n_inputs).
        inputs: what was reconstructed, (..., n_examples, n_inputs).

    Returns:
        The mean of ‖x̂‖ / ‖x‖ >= 0 over the inputs with ‖x‖ > 1e-6, 1 for no shrinkage, (...); 0
        where there is no such input.
    """
    norms = feature_norms(inputs)
    counted = norms > LEAST_NORM
    ratios = jnp.where(counted, feature_norms(recon) / jnp.where(counted, norms, 1.0), 0.0)
    n_counted = jnp.sum(counted, axis=-1, dtype=norms.dtype)
    return jnp.sum(ratios, axis=-1) / jnp.maximum(n_counted, 1)


@metric
def explained_variance(recon: Rows, inputs: Rows) -> Numbers:
    """The share of the variance of the inputs that is reconstructed, R².

    Args:
        recon: reconstructions, (..., n_examples, n_inputs).
        inputs: what was reconstructed, (..., n_examples, n_inputs).

    Returns:
        1 - Σ‖x - x̂‖² / Σ‖x - mean of x‖² <= 1, (...). Where the inputs do not vary, to 1e-6 of
        their size, 1 for a reconstruction as exact, else 0.
    """
    return _explained(recon, inputs, inputs - jnp.mean(inputs, axis=-2, keepdims=True))


@metric
def explained_variance_uncentred(recon: Rows, inputs: Rows) -> Numbers:
    """The share of the squared length of the inputs that is reconstructed.

    It is higher than the explained variance where inputs have a mean, which a bias can give.

    Args:
        recon: reconstructions, (..., n_examples, n_inputs).
        inputs: what was reconstructed, (..., n_examples, n_inputs).

    Returns:
        1 - Σ‖x - x̂‖² / Σ‖x‖² <= 1, (...). Where all inputs are 0, 1 for an exact reconstruction,
        else 0.
    """
    return _explained(recon, inputs, inputs)


@metric
def explained_variance_above(explained: Numbers, floor: Numbers) -> Numbers:
    """Explained variance beyond that of the same autoencoder on data without structure.

    The floor is what an autoencoder of the same kind explains, trained in the same way on normal
    vectors with the mean and covariance of the inputs
    (`superpos.models.transformer.matched_gaussian`). Inputs less their means by token
    (`without_token_means`), and a floor of these, leave out what is a matter of the token alone.

    Args:
        explained: explained variance, (...).
        floor: that of the control, below 1, (...).

    Returns:
        The part that is explained of what the control leaves, 1 - (1 - explained) / (1 - floor)
        <= 1, (...): 0 for what explains no more than the control, negative for less. Where the
        control leaves nothing, 0; nan where either is.
    """
    left = 1.0 - floor
    nothing = left <= 0
    return jnp.where(nothing, 0.0, 1.0 - (1.0 - explained) / jnp.where(nothing, 1.0, left))


@metric
def decoder_projection(inputs: Rows, W_dec: Decoder, b_dec: Offset, *, rank: Count) -> Numbers:
    """How far the inputs still reach along latents that should not be on: the n-th projection.

    Where L0 is as it should be, few latents have a part in an input, and the statistic is least;
    a decoder that mixes features projects onto more of them.

    Args:
        inputs: (..., n_examples, n_inputs).
        W_dec: directions of latents as they are, not normalised, (..., n_latents, n_inputs).
        b_dec: what is subtracted from the inputs first, (..., n_inputs).
        rank: n >= 1, about twice the number of latents that are on; at most n_latents.

    Returns:
        Of all entries of (x - b_dec) W_decᵀ, from the largest down, that number n · n_examples,
        (...); the least one where there are no more.
    """
    projections = row_products(inputs - b_dec[..., None, :], W_dec)
    values = jnp.sort(projections.reshape(*projections.shape[:-2], -1), axis=-1)
    n_values = values.shape[-1]
    return values[..., max(n_values - 1 - rank * inputs.shape[-2], 0)]


def _explained(recon: Array, inputs: Array, deviations: Array) -> Array:
    error, variance, size = (
        jnp.sum(jnp.square(each), axis=(-2, -1)) for each in (inputs - recon, deviations, inputs)
    )
    least = LEAST_VARIANCE * size
    none = variance <= least
    exact = (error <= least).astype(inputs.dtype)
    return jnp.where(none, exact, 1.0 - error / jnp.where(none, 1.0, variance))
