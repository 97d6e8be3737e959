"""SAELens' metrics of SynthSAEBench on arrays that are frozen with what came out."""

import numpy as np
import torch
from sae_lens.evals import ExplainedVarianceCalculator
from sae_lens.synthetic import evals
from sae_lens.training.activation_scaler import ActivationScaler

from tests.parity import inputs
from tests.parity.inputs import Arrays

N_BATCHES = 4
FOUND = 7
"""Latents that point along a feature, so that there is something to recover."""


def record(stream: Arrays, start: Arrays) -> Arrays:
    """A dictionary that found some features, what it does to 4 batches, and every metric."""
    given = _given(stream, start)
    W_dec, features, latents, factors, recon, x = (torch.tensor(given[k]) for k in given)
    classified = evals.compute_classification_metrics(latents, factors, W_dec, features)
    l0, true_l0, shrinkage = evals.L0Calculator(), evals.L0Calculator(), evals.ShrinkageCalculator()
    dead, explained = evals.DeadLatentsCalculator(inputs.D_CODE), ExplainedVarianceCalculator()
    for rows in torch.arange(len(x)).chunk(N_BATCHES):
        l0.add_batch(latents[rows])
        true_l0.add_batch(factors[rows])
        dead.add_batch(latents[rows])
        shrinkage.add_batch(recon[rows], x[rows])
        explained.add_batch(recon[rows], x[rows])
    found = {
        "mcc": evals.mean_correlation_coefficient(W_dec, features),
        "uniqueness": evals.feature_uniqueness(W_dec, features),
        "precision": classified.precision,
        "recall": classified.recall,
        "f1": classified.f1_score,
        "accuracy": classified.accuracy,
        "l0": l0.compute(),
        "true_l0": true_l0.compute(),
        "dead": dead.compute(),
        "shrinkage": shrinkage.compute(),
        "explained_variance": explained.compute(),
        "scaling_factor": _scaling_factor(stream),
    }
    return given | {name: np.float32(value) for name, value in found.items()}


def _given(stream: Arrays, start: Arrays) -> Arrays:
    rng = np.random.default_rng(2)
    W_dec = start["W_dec"].copy()
    near = stream["features"][:FOUND] + 0.2 * rng.normal(size=(FOUND, inputs.D_IN))
    W_dec[:FOUND] = near * rng.uniform(-1.5, 1.5, (FOUND, 1))
    W_dec[FOUND] = -1.2 * stream["features"][0]  # two latents for one feature
    x = stream["xs"][:N_BATCHES].reshape(-1, inputs.D_IN).copy()
    directions = W_dec / np.linalg.norm(W_dec, axis=1, keepdims=True)
    latents = np.maximum(x @ directions.T - 0.3, 0)
    latents[:, inputs.QUIET] = 0  # dead
    latents[:, FOUND] *= -1  # active and negative, as of AbsTopK
    x[0] = 0  # no norm to shrink
    given = {
        "W_dec": W_dec,
        "features": stream["features"],
        "latents": latents,
        "factors": stream["factors"][:N_BATCHES].reshape(len(x), -1),
        "recon": latents @ W_dec,
        "x": x,
    }
    return {name: each.astype(np.float32) for name, each in given.items()}


def _scaling_factor(stream: Arrays) -> float:
    """Of `expected_average_only_in`: sqrt(d_in) over the mean norm of the stream."""
    scaler = ActivationScaler()
    batches = iter([torch.tensor(x) for x in stream["xs"]])
    scaler.estimate_scaling_factor(inputs.D_IN, batches, inputs.N_STEPS)
    assert scaler.scaling_factor is not None
    return scaler.scaling_factor
