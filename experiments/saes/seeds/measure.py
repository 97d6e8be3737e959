"""How much dictionaries agree with the truth, and with those of other seeds."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import scipy
import xarray

from experiments.saes.truth import drawn_directions
from superpos import metrics
from superpos.train import store

L1, TOPK = "l1", "topk"
"""The variants."""


class Agreement(NamedTuple):
    """One kind of autoencoder over its settings and the course of training.

    Attributes:
        setting: coefficient of the penalty or k, from small to large, (settings,).
        truth: MCC with the true features, mean over finished seeds, (settings, steps).
        seeds: PW-MCC, the mean over pairs of them, (settings, steps); nan for fewer than two.
        cosine: |cosine| of true features and latents at the end, of the first seed; a latent has
            the place of the feature that it is paired with, (settings, n_features, n_latents).
    """

    setting: np.ndarray
    truth: np.ndarray
    seeds: np.ndarray
    cosine: np.ndarray

    def at(self, setting: float) -> int | None:
        """The place of a setting; None where it is not there."""
        near = np.flatnonzero(np.isclose(self.setting, setting))
        return int(near[0]) if near.size else None


class Agreements(NamedTuple):
    """Both kinds, and MCC and PW-MCC of random directions.

    Attributes:
        l1: with a penalty, by its coefficient.
        topk: with k active latents, by k.
        steps: updates done, (steps,).
        chance: MCC of random directions.
    """

    l1: Agreement
    topk: Agreement
    steps: np.ndarray
    chance: float


def measure(datasets: Mapping[str, xarray.Dataset]) -> Agreements:
    """Compare the dictionaries after each block.

    Args:
        datasets: {"l1" and "topk": sweeps over the setting and the seed, with their parameters
            after each block}.
    """
    truth = drawn_directions(datasets[L1])
    rows = np.random.default_rng(0).normal(size=(50, datasets[L1].sizes["latent"], truth.shape[1]))
    return Agreements(
        l1=_agreement(datasets[L1], "coefficient", truth),
        topk=_agreement(datasets[TOPK], "k", truth),
        steps=datasets[L1]["step"].to_numpy(),
        chance=float(_mcc(rows.astype(np.float32), truth).mean()),
    )


def _agreement(dataset: xarray.Dataset, setting: str, truth: np.ndarray) -> Agreement:
    finished = store.finished(dataset).transpose(setting, "seed").to_numpy()
    found = dataset["W_dec_path"].transpose(setting, "seed", "step", "latent", "input").to_numpy()
    of_truth, of_seeds = [], []
    for path, here in zip(found, finished, strict=True):
        W = np.moveaxis(path[here], 0, 1)  # (steps, seeds, latents, inputs)
        nothing = np.full(len(W), np.nan)
        of_truth.append(_mcc(W, truth).mean(1) if here.any() else nothing)
        several = here.sum() > 1
        of_seeds.append(
            np.asarray(metrics.pairwise_mean_correlation_coefficient(W)) if several else nothing
        )
    ends = found[:, 0, -1]
    return Agreement(
        setting=dataset[setting].to_numpy().astype(float),
        truth=np.array(of_truth, float),
        seeds=np.array(of_seeds, float),
        cosine=np.array([paired(truth, W) for W in ends]),
    )


def paired(truth: np.ndarray, W_dec: np.ndarray) -> np.ndarray:
    """|Cosines| of features and latents, in the order in which latents are paired with features.

    Args:
        truth: (n_features, n_inputs).
        W_dec: (n_latents, n_inputs).

    Returns:
        (n_features, n_latents), with latents that are paired first.
    """
    cosine = np.abs(np.asarray(metrics.cosine_similarities(truth, W_dec)))
    latents = scipy.optimize.linear_sum_assignment(-cosine)[1]
    others = np.setdiff1d(np.arange(len(W_dec)), latents)
    return cosine[:, np.concatenate([latents, others])]


def _mcc(W_dec: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """MCC of each dictionary, (..., n_latents, n_inputs) -> (...)."""
    features = np.broadcast_to(truth, (*W_dec.shape[:-2], *truth.shape))
    return np.asarray(metrics.mean_correlation_coefficient(W_dec, features))
