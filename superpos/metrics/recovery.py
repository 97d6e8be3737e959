"""All scores of a dictionary of latents against the true features, by name.

Source: SynthSAEBench (arXiv 2602.14687), with the definitions of SAELens 6.54.12.
"""

from typing import Any

from superpos.metrics.activity import (
    Codes,
    dead_latents,
    explained_variance,
    explained_variance_uncentred,
    l0,
    shrinkage,
)
from superpos.metrics.detection import (
    Counts,
    FactorValues,
    detection_counts,
    latent_accuracy,
    latent_f1,
    latent_precision,
    latent_recall,
)
from superpos.metrics.directions import (
    Decoder,
    TrueFeatures,
    best_matches,
    latent_mean,
    latent_mean_max_cosine_similarity,
    mean_correlation_coefficient,
    mean_max_cosine_similarity,
    uniqueness,
)
from superpos.metrics.entry import metric
from superpos.types import Array


def recovery(
    W_dec: Any,
    features: Any,
    *,
    code: Any = None,
    factors: Any = None,
    inputs: Any = None,
    recon: Any = None,
    used: Any = None,
) -> dict[str, Array]:
    """How well a sparse autoencoder has recovered the true features.

    Args:
        W_dec: decoder, (..., n_latents, n_inputs).
        features: true directions, (..., n_features, n_inputs).
        code: of examples, (..., n_examples, n_latents).
        factors: their true feature values, (..., n_examples, n_features).
        inputs: the examples, (..., n_examples, n_inputs).
        recon: their reconstructions, of the same shape.
        used: which latents count, bool (..., n_latents); None is all.

    Returns:
        Numbers (...) by name: mcc, uniqueness, mmcs and latent_mmcs; of a code l0 and dead_latents;
        of factors true_l0; of both precision, recall, f1 and accuracy, means over the latents that
        count; of inputs and recon shrinkage, explained_variance and explained_variance_uncentred.
        What needs an array that is not given is left out.

    Raises:
        ArgumentError: an array is none of numbers, or of another shape; one line.
    """
    found = direction_scores(W_dec, features, used)
    found["mmcs"] = mean_max_cosine_similarity(W_dec, features, **_of_used(used))
    if code is not None:
        found |= {"l0": l0(code), "dead_latents": dead_latents(code, **_of_used(used))}
    if factors is not None:
        found["true_l0"] = l0(factors)
    if code is not None and factors is not None:
        found |= detection_scores(_counts(W_dec, features, code, factors), used)
    if inputs is not None and recon is not None:
        found |= reconstruction_scores(recon, inputs)
    return found


def direction_scores(W_dec: Any, features: Any, used: Any = None) -> dict[str, Array]:
    """Scores of directions alone: mcc, uniqueness, latent_mmcs."""
    scores = {
        "mcc": mean_correlation_coefficient,
        "uniqueness": uniqueness,
        "latent_mmcs": latent_mean_max_cosine_similarity,
    }
    return {name: score(W_dec, features, **_of_used(used)) for name, score in scores.items()}


def detection_scores(counts: Any, used: Any = None) -> dict[str, Array]:
    """Means over latents: precision, recall, f1, accuracy."""
    rates = {
        "precision": latent_precision,
        "recall": latent_recall,
        "f1": latent_f1,
        "accuracy": latent_accuracy,
    }
    return {name: latent_mean(rate(counts), **_of_used(used)) for name, rate in rates.items()}


def reconstruction_scores(recon: Any, inputs: Any) -> dict[str, Array]:
    """How good reconstructions are: shrinkage, explained_variance, explained_variance_uncentred."""
    scores = (shrinkage, explained_variance, explained_variance_uncentred)
    return {score.__name__: score(recon, inputs) for score in scores}


@metric
def _counts(W_dec: Decoder, features: TrueFeatures, code: Codes, factors: FactorValues) -> Counts:
    """As a metric of all four, so that what they share is as long in each."""
    return detection_counts(code, factors, best_matches(W_dec, features))


def _of_used(used: Any) -> dict[str, Any]:
    return {} if used is None else {"used": used}
