"""How far latents mix features, from decoders and from the data that they were trained on."""

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray

from superpos import data, metrics, random
from superpos.data.directions import orthonormal
from superpos.train import store

RANKS = (12, 15, 18, 21, 25)
"""The n of the decoder-projection statistic."""
N_BATCHES, BATCH = 64, 256
"""Of the error of the truth, with the batch that autoencoders are trained on."""
N_PROJECTED = 4096
MAGNITUDE = ("magnitude.mean", "magnitude.std")


class Star(NamedTuple):
    """Autoencoders of five features, of which the first is correlated with each other one.

    Attributes:
        correlation: with feature 0, (places,).
        l0: that was asked for, (levels,).
        cosines: of each latent with each feature, means over seeds, (places, levels, 5, 5).
    """

    correlation: np.ndarray
    l0: np.ndarray
    cosines: np.ndarray

    @property
    def own(self) -> np.ndarray:
        """Of each latent with the feature that it started at, (places, levels, 5)."""
        return np.diagonal(self.cosines, axis1=-2, axis2=-1)

    @property
    def others(self) -> np.ndarray:
        """Of each latent but the first with feature 0, (places, levels, 4)."""
        return self.cosines[..., 1:, 0]

    def place(self, correlation: float) -> int:
        """Where the correlation is nearest to this one."""
        return int(np.argmin(np.abs(self.correlation - correlation)))

    def level(self, l0: float) -> int:
        """Where the L0 is nearest to this one."""
        return int(np.argmin(np.abs(self.l0 - l0)))


class RandomModel(NamedTuple):
    """Autoencoders of features with random correlations, means over seeds.

    Attributes:
        k: L0 that was asked for, (levels,).
        mcc: (levels,).
        projection: the decoder-projection statistic for each of `RANKS`, (levels, ranks).
        mse: squared error in the last block of training, (levels,).
        true_mse: that of the true features with as many active, (levels,).
        true_l0: features that are on together.
    """

    k: np.ndarray
    mcc: np.ndarray
    projection: np.ndarray
    mse: np.ndarray
    true_mse: np.ndarray
    true_l0: float


class Mixing(NamedTuple):
    """Both models."""

    star: Star
    random: RandomModel


def measure(datasets: Mapping[str, xarray.Dataset]) -> Mixing:
    """Compare decoders with the truth.

    Args:
        datasets: {"star": a sweep over correlation, k and seed; "random": one over k and seed}.
    """
    return Mixing(_star(datasets["star"]), _random(datasets["random"]))


def _star(dataset: xarray.Dataset) -> Star:
    dims = ("correlation", "k", "seed")
    W_dec = dataset["W_dec"].where(store.finished(dataset)).transpose(*dims, "latent", "input")
    features = orthonormal(0, *W_dec.shape[-2:])
    cosines = np.asarray(metrics.cosine_similarities(W_dec.to_numpy(), features))
    correlation, k = (dataset[name].to_numpy().astype(float) for name in dims[:2])
    return Star(correlation, k, cosines.astype(float).mean(2))


def _random(dataset: xarray.Dataset) -> RandomModel:
    finished = store.finished(dataset)
    names = {"W_dec": ("latent", "input"), "b_dec": ("input",)}
    W_dec, b_dec = (
        dataset[name].where(finished).transpose("k", "seed", *dims).to_numpy()
        for name, dims in names.items()
    )
    config = store.config_of(dataset)
    features = orthonormal(0, *W_dec.shape[-2:])
    factors = sample_factors(config, N_BATCHES * BATCH)
    inputs = factors[:N_PROJECTED] @ features
    projected = [metrics.decoder_projection(inputs, W_dec, b_dec, rank=n) for n in RANKS]
    k = dataset["k"].to_numpy().astype(float)
    mse = dataset["mse"].isel(step=-1).where(finished).transpose("k", "seed").to_numpy()
    return RandomModel(
        k=k,
        mcc=np.asarray(metrics.mean_correlation_coefficient(W_dec, features)).mean(1),
        projection=np.stack([np.asarray(each).mean(1) for each in projected], -1),
        mse=mse.astype(float).mean(1),
        true_mse=np.array([true_error(factors, each) for each in k]),
        true_l0=float((factors > 0).sum(1).mean()),
    )


def sample_factors(config: Mapping[str, Any], n_examples: int) -> np.ndarray:
    """Fresh feature values of the random model, (n_examples, n_features)."""
    prefix = "data.data.data."
    density, mean, std = (config[f"{prefix}{name}"] for name in ("density", *MAGNITUDE))
    densities = tuple(density * share for share in config[f"{prefix}densities"])
    return _drawn(densities, config[f"{prefix}matrix_seed"], mean, std, n_examples)


@functools.lru_cache(maxsize=4)
def _drawn(
    densities: tuple[float, ...], matrix_seed: int, mean: float, std: float, n_examples: int
) -> np.ndarray:
    source = data.random_copula(
        n_features=len(densities),
        density=1.0,
        densities=densities,
        matrix_seed=matrix_seed,
        magnitude=data.magnitudes.normal(mean=mean, std=std),
    )
    draw = jax.jit(lambda key: data.draw(source, key, n_examples).factors)
    return np.asarray(draw(random.key(1)))


def true_error(factors: np.ndarray, k: float) -> float:
    """The squared error of the true features, orthonormal, with BatchTopK on their values.

    The code is the values, of which int(k · batch) of a batch are kept: the error is the others.
    """
    batches = np.sort(np.square(factors).reshape(-1, BATCH * factors.shape[1]), axis=1)
    dropped = batches[:, : batches.shape[1] - int(k * BATCH)]
    return float(dropped.sum(1).mean() / BATCH)
