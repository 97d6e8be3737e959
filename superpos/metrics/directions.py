"""How well learned directions match the true ones: cosines, and the scores that are made of them.

Source: Sharkey, Braun & Millidge 2022, Taking Features out of Superposition with Sparse
Autoencoders (MMCS); SynthSAEBench (arXiv 2602.14687) for the mean correlation coefficient and for
uniqueness, with the definitions of SAELens 6.54.12; arXiv 2505.20254 for pairs of seeds.

W_dec has a latent in each row and `features` a true feature. `used` says which latents count, as
where a code has fewer latents than its arrays have rows; all do where it is left out. The cosine
with a zero row is 0.
"""

from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError
from superpos.metrics.assignment import assigned_columns
from superpos.metrics.entry import Axes, Numbers, PerFeature, metric
from superpos.metrics.geometry import polar, row_products
from superpos.types import Array

Decoder = Annotated[Any, Axes(("latent", "input"))]
"""Directions of latents: a latent is a row."""
Decoders = Annotated[Any, Axes(("run", "latent", "input"))]
TrueFeatures = Annotated[Any, Axes(("feature", "input"))]
"""Directions of the true features: a feature is a row."""
Cosines = Annotated[Any, Axes(("latent", "feature"))]
Used = Annotated[Any, Axes(("latent",), "truth values")]
Matches = Annotated[Any, Axes(("latent",), "whole numbers")]
PerLatent = Annotated[Any, Axes(("latent",))]


@metric
def cosine_similarities(W_dec: Decoder, features: TrueFeatures) -> Cosines:
    """The cosine of each latent's direction with each feature's.

    Args:
        W_dec: (..., n_latents, n_inputs).
        features: (..., n_features, n_inputs).

    Returns:
        In [-1, 1] to rounding, (..., n_latents, n_features); 0 for a zero row.
    """
    return row_products(polar(W_dec)[1], polar(features)[1])


@metric
def best_matches(W_dec: Decoder, features: TrueFeatures) -> Matches:
    """The feature that each latent is taken to stand for.

    Args:
        W_dec: (..., n_latents, n_inputs).
        features: (..., n_features, n_inputs).

    Returns:
        The one with the largest |cosine|, the first of those that are equal, int32
        (..., n_latents).
    """
    return jnp.argmax(jnp.abs(cosine_similarities(W_dec, features)), axis=-1).astype(jnp.int32)


@metric
def uniqueness(W_dec: Decoder, features: TrueFeatures, used: Used = None) -> Numbers:
    """The share of latents that do not stand for a feature for which another one stands already.

    Args:
        W_dec: (..., n_latents, n_inputs).
        features: (..., n_features, n_inputs).
        used: which latents count, bool (..., n_latents); dead ones do.

    Returns:
        Features that are the best match of a latent, over the number of latents, in (0, 1], (...).
    """
    matches = best_matches(W_dec, features)
    counted = counted_latents(used, W_dec.shape[:-1])
    own = jax.nn.one_hot(matches, features.shape[-2], dtype=bool) & counted[..., None]
    found = jnp.sum(jnp.any(own, axis=-2), axis=-1, dtype=W_dec.dtype)
    return found / number_of(counted, W_dec.dtype)


@metric
def mean_correlation_coefficient(
    W_dec: Decoder, features: TrueFeatures, used: Used = None
) -> Numbers:
    """MCC: the mean |cosine| of latents and features that are paired one to one.

    Args:
        W_dec: (..., n_latents, n_inputs).
        features: (..., n_features, n_inputs).
        used: which latents count, bool (..., n_latents).

    Returns:
        The mean over the min(n_latents, n_features) pairs of the assignment that makes it largest
        (Hungarian), in [0, 1], (...).
    """
    cosines = jnp.abs(cosine_similarities(W_dec, features))
    counted = counted_latents(used, W_dec.shape[:-1])
    # A latent that does not count costs more than any other, so it has what is left over.
    costs = jnp.where(counted[..., None], 1.0 - cosines, 3.0)
    values = jnp.where(counted[..., None], cosines, 0.0)
    if W_dec.shape[-2] > features.shape[-2]:
        costs, values = jnp.swapaxes(costs, -1, -2), jnp.swapaxes(values, -1, -2)
    paired = jnp.take_along_axis(values, assigned_columns(costs)[..., None], axis=-1)
    n_pairs = jnp.minimum(number_of(counted, W_dec.dtype), features.shape[-2])
    unknown = jnp.any(jnp.isnan(values), axis=(-2, -1))  # a latent that is left over, too
    return jnp.where(unknown, jnp.nan, jnp.sum(paired, axis=(-2, -1)) / n_pairs)


@metric
def max_cosine_similarity(W_dec: Decoder, features: TrueFeatures, used: Used = None) -> PerFeature:
    """How well each true feature is found.

    Args:
        W_dec: (..., n_latents, n_inputs).
        features: (..., n_features, n_inputs).
        used: which latents count, bool (..., n_latents).

    Returns:
        The largest cosine with a latent, in [-1, 1], (..., n_features).
    """
    cosines = cosine_similarities(W_dec, features)
    counted = counted_latents(used, W_dec.shape[:-1])
    return jnp.max(jnp.where(counted[..., None], cosines, -1.0), axis=-2)


@metric
def mean_max_cosine_similarity(
    W_dec: Decoder, features: TrueFeatures, used: Used = None
) -> Numbers:
    """MMCS: the mean over true features of the largest cosine with a latent.

    Args:
        W_dec: (..., n_latents, n_inputs).
        features: (..., n_features, n_inputs).
        used: which latents count, bool (..., n_latents).

    Returns:
        In [-1, 1], (...). For two dictionaries it depends on which of them is taken as the truth.
    """
    others = {} if used is None else {"used": used}
    return jnp.mean(max_cosine_similarity(W_dec, features, **others), axis=-1)


@metric
def latent_mean_max_cosine_similarity(
    W_dec: Decoder, features: TrueFeatures, used: Used = None
) -> Numbers:
    """The other direction of MMCS: the mean over latents of the largest cosine with a feature.

    Args:
        W_dec: (..., n_latents, n_inputs).
        features: (..., n_features, n_inputs).
        used: which latents count, bool (..., n_latents).

    Returns:
        In [-1, 1], (...).
    """
    largest = jnp.max(cosine_similarities(W_dec, features), axis=-1)
    return latent_mean(largest, counted_latents(used, W_dec.shape[:-1]))


@metric
def latent_mean(values: PerLatent, used: Used = None) -> Numbers:
    """The mean over latents, where one that is dead counts like any other.

    Args:
        values: of each latent, (..., n_latents).
        used: which latents count, bool (..., n_latents).

    Returns:
        (...).
    """
    counted = counted_latents(used, values.shape)
    total = jnp.sum(jnp.where(counted, values, 0.0), axis=-1)
    return total / number_of(counted, values.dtype)


@metric
def pairwise_mean_correlation_coefficient(W_decs: Decoders) -> Numbers:
    """PW-MCC: how much dictionaries of several seeds agree.

    Args:
        W_decs: (..., n_seeds, n_latents, n_inputs), two seeds or more.

    Returns:
        The mean of the MCC over all pairs of seeds, in [0, 1], (...).

    Raises:
        ArgumentError: there is one seed only.
    """
    n_seeds = W_decs.shape[-3]
    if n_seeds < 2:
        raise ArgumentError(f"W_decs of shape {W_decs.shape}: expected two seeds or more")
    first, second = np.triu_indices(n_seeds, 1)
    one, other = (jnp.take(W_decs, seeds, axis=-3) for seeds in (first, second))
    return jnp.mean(mean_correlation_coefficient(one, other), axis=-1)


def counted_latents(used: Array | None, shape: tuple[int, ...]) -> Array:
    """Which latents count, bool (..., n_latents) of this shape where all do."""
    return jnp.ones(shape, bool) if used is None else used


def number_of(used: Array, dtype: Any) -> Array:
    """How many latents count, at least 1, (...)."""
    return jnp.maximum(jnp.sum(used, axis=-1, dtype=dtype), 1)
