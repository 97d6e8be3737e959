"""Absorption and hedging: how latents fail on features that come together.

Source: Chanin et al. 2024, A is for Absorption (arXiv 2409.14507), with the definitions and
thresholds of SAEBench (arXiv 2503.09532, `evals/absorption`); Chanin, Dulka & Garriga-Alonso 2025,
Feature Hedging (arXiv 2505.11756), with the definition of its code. A probe for a feature is its
true direction here, and the main latent of a feature is the one with the largest cosine.
"""

import functools
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import gammaln

from superpos.arguments import ArgumentError
from superpos.metrics.activity import Codes, Rows
from superpos.metrics.detection import FactorValues
from superpos.metrics.directions import Decoder, TrueFeatures, cosine_similarities
from superpos.metrics.entry import Axes, Numbers, PerFeature, metric
from superpos.metrics.geometry import feature_norms, polar, row_products
from superpos.types import Array

Wider = Annotated[Any, Axes(("wide_latent", "input"))]
LEAST_COSINE = 0.025
"""Of the latent that absorbs with the feature, in full absorption."""
LEAST_COSINE_OF_PART = 0.1
"""The same of each latent that absorbs a part."""
LEAST_SHARE = 0.4
"""Of the input's projection on the feature, that comes from the latents that absorb."""
MOST_LATENTS = 3
"""That absorb a part."""


@metric
def full_absorption(
    code: Codes, factors: FactorValues, inputs: Rows, W_dec: Decoder, features: TrueFeatures
) -> PerFeature:
    """How often one other latent takes the place of a feature's main latent.

    That is so in an example with the feature on, when its main latent is off, the latent with the
    largest projection on the feature has a cosine of at least 0.025 with it, and that projection is
    at least 0.4 of the input's.

    Args:
        code: (..., n_examples, n_latents).
        factors: the true feature values, (..., n_examples, n_features); above 0 is on.
        inputs: (..., n_examples, n_inputs).
        W_dec: (..., n_latents, n_inputs).
        features: directions, (..., n_features, n_inputs).

    Returns:
        The share of the examples with the feature on, in [0, 1], (..., n_features); 0 for a feature
        that is never on.
    """
    return _mean_where_on(_absorbed, code, factors, inputs, W_dec, features)


@metric
def absorption_fraction(
    code: Codes, factors: FactorValues, inputs: Rows, W_dec: Decoder, features: TrueFeatures
) -> PerFeature:
    """How much of a feature other latents carry in place of its main latent.

    They are the three with the largest projections on the feature, of those that have a cosine of
    at least 0.1 with it. Their part counts where it is at least 0.4 of the input's projection, and
    up to what the main latent leaves.

    Args:
        code: (..., n_examples, n_latents).
        factors: the true feature values, (..., n_examples, n_features); above 0 is on.
        inputs: (..., n_examples, n_inputs).
        W_dec: (..., n_latents, n_inputs).
        features: directions, (..., n_features, n_inputs).

    Returns:
        Their part beside the main latent's, 1 where that has none, averaged over the examples with
        the feature on, in [0, 1], (..., n_features); 0 for a feature that is never on.
    """
    return _mean_where_on(_absorbed_part, code, factors, inputs, W_dec, features)


@metric
def hedging_degree(W_dec: Decoder, W_wider: Wider) -> Numbers:
    """How far latents move, along those that are added to a narrow dictionary, once they are there.

    A narrow autoencoder is trained on with more latents. Where its own latents had mixed correlated
    features, they give up what the new ones take.

    Args:
        W_dec: the narrow one at the end of its training, (..., n_latents, n_inputs).
        W_wider: the same latents and then the new ones, after more training,
            (..., n_latents + n_new, n_inputs), 1 <= n_new < n_inputs.

    Returns:
        (m - m0) / (1 - m0) or 0 where it is negative, in [0, inf), (...). m is the mean length of
        the moves, projected onto the span of the new latents, over the mean norm of the narrow
        latents; rows are scaled to norm 1 first, and one that turns round moves by 2. m0 is what m
        would be expected to be for a span of that dimension with a random direction; where it is 1
        or more, m - m0.

    Raises:
        ArgumentError: W_wider has no more latents, or as many new ones as there are inputs.
    """
    n_latents, n_inputs = W_dec.shape[-2:]
    n_new = W_wider.shape[-2] - n_latents
    if not 1 <= n_new < n_inputs:
        raise ArgumentError(
            f"W_wider of shape {W_wider.shape}: expected from {n_latents + 1} to"
            f" {n_latents + n_inputs - 1} latents"
        )
    narrow, wide = polar(W_dec)[1], polar(W_wider)[1]
    moves = wide[..., :n_latents, :] - narrow
    basis, _ = jnp.linalg.qr(jnp.swapaxes(wide[..., n_latents:, :], -1, -2))
    along = feature_norms(row_products(moves, jnp.swapaxes(basis, -1, -2)))
    norm = jnp.mean(feature_norms(narrow), axis=-1)
    norm = jnp.where(norm == 0, 1.0, norm)
    chance = _mean_projection(n_new, n_inputs) * jnp.mean(feature_norms(moves), axis=-1) / norm
    found = jnp.mean(along, axis=-1) / norm
    return jnp.maximum(0.0, (found - chance) / jnp.where(chance < 1, 1.0 - chance, 1.0))


class _View(NamedTuple):
    """What there is to see of one feature.

    Attributes:
        code: (n_examples, n_latents).
        cosines: of latents with the feature, (n_latents,).
        projections: of what each latent adds, on the feature, (n_examples, n_latents).
        total: projection of the input, (n_examples,).
        main: the main latent, int ().
    """

    code: Array
    cosines: Array
    projections: Array
    total: Array
    main: Array


def _absorbed(view: _View) -> Array:
    """Whether another latent takes the place of the main one, bool (n_examples,)."""
    winner = jnp.argmax(view.projections, axis=-1)
    largest = jnp.max(view.projections, axis=-1)
    enough = (view.total >= 0) & (largest >= LEAST_SHARE * view.total)
    silent = jnp.take(view.code, view.main, axis=-1) == 0
    return silent & (view.cosines[winner] >= LEAST_COSINE) & enough


def _absorbed_part(view: _View) -> Array:
    """What part of the feature others carry, (n_examples,)."""
    n_latents = view.cosines.shape[0]
    other = (jnp.arange(n_latents) != view.main) & (view.cosines >= LEAST_COSINE_OF_PART)
    parts = jnp.where(other[None] & (view.projections > 0), view.projections, 0.0)
    theirs = jnp.sum(jax.lax.top_k(parts, min(MOST_LATENTS, n_latents))[0], axis=-1)
    own = jnp.take(view.projections, view.main, axis=-1)
    left = jnp.minimum(theirs, view.total - own)
    whole = left + own
    shared = jnp.where(own <= 0, 1.0, left / jnp.where(whole == 0, 1.0, whole))
    nothing = (own >= view.total) | (theirs < LEAST_SHARE * view.total)
    return jnp.where(nothing, 0.0, jnp.clip(shared, 0.0, 1.0))


@functools.partial(jax.jit, static_argnums=0)
def _mean_where_on(
    of_feature: Callable[[_View], Array],
    code: Array,
    factors: Array,
    inputs: Array,
    W_dec: Array,
    features: Array,
) -> Array:
    """The mean of something of each example with a feature on: for each feature, (..., n_features).

    Features are taken one by one, as all together would need n_features times the memory of a code.
    """

    def alone(code: Array, factors: Array, inputs: Array, W_dec: Array, features: Array) -> Array:
        norms = feature_norms(W_dec)

        def mean(feature: tuple[Array, Array, Array]) -> Array:
            cosines, total, value = feature
            projections = code * (norms * cosines)[None]
            found = of_feature(_View(code, cosines, projections, total, jnp.argmax(cosines)))
            on = value > 0
            count = jnp.sum(on, dtype=code.dtype)
            return jnp.sum(jnp.where(on, found, 0.0), dtype=code.dtype) / jnp.maximum(count, 1)

        totals = row_products(polar(features)[1], inputs)
        return jax.lax.map(mean, (cosine_similarities(features, W_dec), totals, factors.T))

    axes = "(e,l),(e,f),(e,i),(l,i),(f,i)->(f)"
    return jnp.vectorize(alone, signature=axes)(code, factors, inputs, W_dec, features)


def _mean_projection(dimension: int, n_inputs: int) -> float:
    """The mean length of a unit vector's projection onto a random subspace, of a beta law."""
    lengths = gammaln(np.array([dimension + 1, n_inputs, dimension, n_inputs + 1]) / 2)
    return float(np.exp(lengths[0] + lengths[1] - lengths[2] - lengths[3]))
