"""What is measured of a classifier with one hidden layer, or of any net with one linear code.

A measure is bookkeeping where it differs between networks that compute the same. So each is here
beside what replaces it: the same measure of a canonical representative, and measures of what the
network computes. In the notation of a network y = Σ_k u_k ReLU(w_k·x), W has the w_k as columns.
"""

import dataclasses

import jax
import jax.numpy as jnp

from superpos import metrics
from superpos.gauge import unit_classes
from superpos.gauge.matrices import product
from superpos.models import MlpParams
from superpos.types import Array

RAW = ("features per dimension", "dimensionality", "activation dimensions")
"""Of the weights or activations as they are."""
REPLACED = (
    "balanced dimensionality",
    "balanced features, effective",
    "response dimensionality",
    "contribution dimensions",
)
"""Free of every symmetry of a ReLU classifier, its overall scale included."""
UNITS = unit_classes(writes={"weights.0": -1}, reads={"weights.1": -2})


def centred(params: MlpParams) -> MlpParams:
    """Last weights without their mean over classes, which a softmax does not see."""
    *others, last = params.weights
    return dataclasses.replace(params, weights=(*others, last - last.mean(-1, keepdims=True)))


def measures(params: MlpParams, activations: Array, responses: Array) -> dict[str, Array]:
    """All measures of one network.

    Args:
        params: without biases, of one hidden layer: W (n_features, n_hidden) and what reads it,
            (n_hidden, n_outputs), centred where a softmax follows.
        activations: of the hidden units on a batch, (batch, n_hidden).
        responses: outputs for each feature alone, at value 1, (n_features, n_outputs).

    Returns:
        Name -> what is measured: a number, or one for each feature (n_features,).
    """
    W, U = params.weights
    balanced = UNITS.canonical(params).weights[0]
    second_moments = product(activations.T, activations) / len(activations)
    return {
        "features per dimension": metrics.features_per_dimension(W),
        "dimensionality": metrics.feature_dimensionality(W),
        "activation dimensions": metrics.participation_ratio(second_moments),
        "balanced dimensionality": metrics.feature_dimensionality(balanced),
        "balanced features, effective": metrics.effective_features_per_dimension(balanced),
        "response dimensionality": metrics.gram_dimensionality(product(responses, responses.T)),
        # The Gram matrix of u_k h_k(x) over units k, summed over a batch.
        "contribution dimensions": metrics.participation_ratio(second_moments * product(U, U.T)),
    }


def of_classifier(params: MlpParams, x: Array) -> dict[str, Array]:
    """The measures of a ReLU classifier without biases, on a batch (batch, n_features)."""
    net = centred(params)
    W, U = net.weights
    return measures(net, jax.nn.relu(product(x, W)), product(jax.nn.relu(W), U))


def of_tied(W: Array, x: Array) -> dict[str, Array]:
    """The measures of a tied autoencoder, whose code is linear, up to its output activation."""
    net = MlpParams(weights=(W, W.T))
    return measures(net, product(x, W), product(W, W.T))


def unit_form(W: Array) -> Array:
    """Each unit scaled to norm 1 of what feeds it, which a ReLU network is free to do."""
    return W / jnp.linalg.norm(W, axis=0, keepdims=True)
