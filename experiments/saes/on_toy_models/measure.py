"""Cosines of the true features with the latents that were trained on their sums."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np
import xarray

from experiments.elhage.geometry import represented
from experiments.saes.codes import parameters, relu_code, unit
from superpos import metrics
from superpos.store.best import fragile_of
from superpos.train import store
from superpos.types import Array

TOY, L1, TOPK, GAUSSIAN, UNTRAINED = "toy", "l1", "topk", "gaussian", "untrained"
"""The variants."""
RETURNED = 0.9
"""A feature has come back that has this cosine with a latent."""
N_RANDOM, N_EXAMPLES = 50, 2048
"""Random dictionaries, and fresh examples of each toy model."""


class Toys(NamedTuple):
    """The toy models, in the order of their store.

    Attributes:
        density: (toys,).
        W: feature directions, (toys, n, m).
        D: dimensionality of each feature, (toys, n).
        represented: which features are, bool (toys, n).
    """

    density: np.ndarray
    W: np.ndarray
    D: np.ndarray
    represented: np.ndarray

    @property
    def per_dimension(self) -> np.ndarray:
        """Represented features per hidden dimension, (toys,)."""
        return self.represented.sum(-1) / self.W.shape[-1]


class Dictionaries(NamedTuple):
    """Sparse autoencoders on toy models, nan where none finished.

    Attributes:
        setting: what was varied, the coefficient or k, (settings,).
        toy: number of the toy model, (k,).
        cosine: the largest of each feature with a latent, (settings, k, seeds, n).
    """

    setting: np.ndarray
    toy: np.ndarray
    cosine: np.ndarray

    def nearness(self, toys: Toys) -> np.ndarray:
        """Mean cosine of the represented features, (settings, k)."""
        return mean_where(self.cosine, toys.represented[self.toy][:, None]).mean(-1)

    def returned(self, toys: Toys) -> np.ndarray:
        """Share of the represented features that came back, (settings, k)."""
        return mean_where(self.cosine >= RETURNED, toys.represented[self.toy][:, None]).mean(-1)

    def best(self, toys: Toys) -> np.ndarray:
        """Place of the setting of the largest mean cosine on each toy model, int (k,)."""
        return np.argmax(np.nan_to_num(self.nearness(toys), nan=-1.0), axis=0)


class Recovered(NamedTuple):
    """All that is judged and drawn.

    Attributes:
        toys: the toy models.
        l1: over coefficients.
        l0: mean number of their latents that are active on fresh examples, (settings, k).
        f1: how well they tell when features are on, mean over latents, (settings, k).
        topk: over k.
        gaussian: over coefficients, on Gaussian codes.
        untrained: the start, the same for all toy models.
        random: mean cosine of the represented features with as many random directions, (toys,).
        fragile: which toy models are sensitive to rounding, bool of any shape; None when not
            checked.
    """

    toys: Toys
    l1: Dictionaries
    l0: np.ndarray
    f1: np.ndarray
    topk: Dictionaries
    gaussian: Dictionaries
    untrained: Dictionaries
    random: np.ndarray
    fragile: np.ndarray | None


def measure(datasets: Mapping[str, xarray.Dataset]) -> Recovered:
    """Compare the latents of each sweep with the rows of W.

    Args:
        datasets: {"toy": toy models over density and seed, "l1", "gaussian" and "topk": sparse
            autoencoders over members of it, over seed, and over coefficient or k, "untrained":
            some before training, over seed}.
    """
    toys = toys_of(datasets[TOY])
    n_latents = datasets[L1].sizes["latent"]
    noise = np.random.default_rng(0).standard_normal((N_RANDOM, n_latents, toys.W.shape[-1]))
    near = largest_cosine(noise[None], toys.W[:, None])
    l0, f1 = _detection(datasets[L1], toys)
    return Recovered(
        toys=toys,
        l1=_dictionaries(datasets[L1], "coefficient", toys),
        l0=l0,
        f1=f1,
        topk=_dictionaries(datasets[TOPK], "k", toys),
        gaussian=_dictionaries(datasets[GAUSSIAN], "coefficient", toys),
        untrained=_untrained(datasets[UNTRAINED], toys),
        random=mean_where(near, toys.represented[:, None]).mean(-1),
        fragile=fragile_of(datasets[TOY]),
    )


def toys_of(dataset: xarray.Dataset) -> Toys:
    """The finished toy models, in the order in which an asset has them."""
    finished = store.finished(dataset).transpose("density", "seed").to_numpy()
    W = dataset["W"].transpose("density", "seed", "feature", "hidden").to_numpy()[finished]
    density = np.broadcast_to(dataset["density"].to_numpy()[:, None], finished.shape)[finished]
    D = jax.jit(metrics.feature_dimensionality)(W.astype(np.float32))
    return Toys(density.astype(float), W.astype(float), np.asarray(D, float), represented(W))


def largest_cosine(W_dec: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Of each feature with a latent: (..., latents, m) and (..., n, m) -> (..., n)."""
    return np.max(unit(W) @ np.swapaxes(unit(W_dec), -1, -2), axis=-1)


def mean_where(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is chosen, nan where nothing is."""
    chosen = np.broadcast_to(chosen, values.shape)
    n = chosen.sum(-1)
    total = np.where(chosen, values, 0).sum(-1)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _dictionaries(dataset: xarray.Dataset, setting: str, toys: Toys) -> Dictionaries:
    dims = (setting, "member", "seed")
    toy = _toy_of(dataset, toys)
    W_dec = parameters(dataset, *dims)["W_dec"].astype(float)
    finished = store.finished(dataset).transpose(*dims).to_numpy()
    W_dec = np.where(finished[..., None, None], W_dec, np.nan)
    return Dictionaries(
        setting=dataset[setting].to_numpy().astype(float),
        toy=toy,
        cosine=largest_cosine(W_dec, toys.W[toy][:, None]),
    )


def _toy_of(dataset: xarray.Dataset, toys: Toys) -> np.ndarray:
    """The number of the toy model of each member, (k,); the last where there are fewer."""
    return np.minimum(dataset["member"].to_numpy().astype(int), len(toys.W) - 1)


def _detection(dataset: xarray.Dataset, toys: Toys) -> tuple[np.ndarray, np.ndarray]:
    """L0 and mean F1 on fresh examples of each toy model, both (settings, k)."""
    given = parameters(dataset, "coefficient", "member", "seed")
    toy, rng = _toy_of(dataset, toys), np.random.default_rng(1)
    l0, f1 = (np.empty((dataset.sizes["coefficient"], len(toy))) for _ in range(2))
    for place, number in enumerate(toy):
        W = toys.W[number]
        x = rng.random((N_EXAMPLES, len(W)))
        x *= rng.random(x.shape) < toys.density[number]
        code = relu_code(x @ W, {name: each[:, place] for name, each in given.items()})
        l0[:, place] = (code > 0).sum(-1).mean((-2, -1))
        scores = _mean_f1s(code.astype(np.float32), x, given["W_dec"][:, place], W)
        f1[:, place] = np.asarray(scores).mean(-1)
    return l0, f1


def _mean_f1(code: Array, x: Array, W_dec: Array, W: Array) -> Array:
    """Mean F1 over latents, (), each as a detector of the feature that it is nearest to."""
    matches = metrics.best_matches(W_dec, W)
    return metrics.latent_mean(metrics.latent_f1(metrics.detection_counts(code, x, matches)))


_mean_f1s = jax.jit(
    jax.vmap(jax.vmap(_mean_f1, in_axes=(0, None, 0, None)), in_axes=(0, None, 0, None))
)


def _untrained(dataset: xarray.Dataset, toys: Toys) -> Dictionaries:
    W_dec = parameters(dataset, "seed")["W_dec"].astype(float)
    cosine = largest_cosine(W_dec, toys.W[:, None])
    return Dictionaries(np.zeros(1), np.arange(len(toys.W)), cosine[None])
