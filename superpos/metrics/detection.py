"""Latents as detectors of the true features that they stand for.

Source: SynthSAEBench (arXiv 2602.14687), with the definitions of SAELens 6.54.12: a latent stands
for the feature of its best match, a rate that is undefined is 0, and a score of a dictionary is the
mean over its latents. Counts of several batches can be added before the rates are taken.
"""

from typing import Annotated, Any

import jax.numpy as jnp

from superpos.metrics.activity import Codes
from superpos.metrics.directions import Matches, PerLatent
from superpos.metrics.entry import Axes, metric
from superpos.required import require
from superpos.types import Array

FactorValues = Annotated[Any, Axes(("example", "feature"))]
Counts = Annotated[Any, Axes(("latent", "outcome"))]
"""How often both are on, the latent alone, the feature alone, neither."""


@metric
def detection_counts(code: Codes, factors: FactorValues, matches: Matches) -> Counts:
    """How often latents are on where their features are.

    Args:
        code: (..., n_examples, n_latents).
        factors: the true feature values, (..., n_examples, n_features); above 0 is on.
        matches: the feature of each latent, as `best_matches` gives it, in [0, n_features),
            (..., n_latents).

    Returns:
        True positives, false positives, false negatives and true negatives of each latent, float32,
        (..., n_latents, 4).

    Raises:
        ArgumentError: a match is no feature; one line. One that is traced is not looked at.
    """
    n_features = factors.shape[-1]
    require(
        lambda matches: jnp.all((matches >= 0) & (matches < n_features)),
        [matches],
        lambda: f"matches: expected numbers of the {n_features} features of factors",
    )
    on = code != 0
    true = jnp.take_along_axis(factors > 0, matches[..., None, :], axis=-1)
    outcomes = (on & true, on & ~true, ~on & true, ~on & ~true)
    return jnp.stack([jnp.sum(each, axis=-2, dtype=jnp.float32) for each in outcomes], axis=-1)


@metric
def latent_precision(counts: Counts) -> PerLatent:
    """The share of a latent's examples in which its feature is on.

    Args:
        counts: as `detection_counts` gives them, (..., n_latents, 4).

    Returns:
        In [0, 1], (..., n_latents); 0 for a latent that is never on.
    """
    both, alone = counts[..., 0], counts[..., 1]
    return _ratio(both, both + alone)


@metric
def latent_recall(counts: Counts) -> PerLatent:
    """The share of a feature's examples in which its latent is on.

    Args:
        counts: as `detection_counts` gives them, (..., n_latents, 4).

    Returns:
        In [0, 1], (..., n_latents); 0 where the feature is never on.
    """
    both, missed = counts[..., 0], counts[..., 2]
    return _ratio(both, both + missed)


@metric
def latent_f1(counts: Counts) -> PerLatent:
    """The harmonic mean of precision and recall.

    Args:
        counts: as `detection_counts` gives them, (..., n_latents, 4).

    Returns:
        In [0, 1], (..., n_latents); 0 where both are.
    """
    precision, recall = latent_precision(counts), latent_recall(counts)
    return _ratio(2 * precision * recall, precision + recall)


@metric
def latent_accuracy(counts: Counts) -> PerLatent:
    """The share of examples in which a latent is on or off as its feature is.

    Args:
        counts: as `detection_counts` gives them, (..., n_latents, 4).

    Returns:
        In [0, 1], (..., n_latents).
    """
    both, neither = counts[..., 0], counts[..., 3]
    return _ratio(both + neither, jnp.sum(counts, axis=-1))


def _ratio(part: Array, whole: Array) -> Array:
    """Part / whole, 0 where it is undefined."""
    return jnp.where(whole > 0, part / jnp.where(whole > 0, whole, 1.0), 0.0)
