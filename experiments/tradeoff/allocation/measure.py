"""The best model at each point: its capacities, and what each of its features saves."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray

from experiments.scherlis import theory
from experiments.tradeoff.allocation.best import Models, capacity, models_of
from experiments.tradeoff.allocation.sampled import Sampled, sample
from experiments.tradeoff.quadrature import FeatureLosses, feature_losses, law_of
from superpos import data

TIED, HIDDEN, QUADRATIC, LINEAR = "autoencoder", "hidden_relu", "quadratic", "linear"
TAILS = ("binary", TIED, "exponential", "lomax")
"""Variants by the kurtosis E x⁴ / (E x²)² of a feature that is on: 1, 1.8, 6 and 36."""
TAIL_DECAY = 0.9
N_RANDOM = 64


class Measured(NamedTuple):
    """What is measured of all variants.

    Attributes:
        models: variant -> the best of its models.
        split: "autoencoder" and "quadratic" by quadrature and in closed form, "hidden_relu" as it
            is sampled -> losses of each feature, each (d, k, n).
        sampled: "autoencoder" and "hidden_relu" -> what sampling gives.
        optimal: capacities of the quadratic model at its exact optimum, (d, k, n).
        random_packing: mean of Σ C_i over the hidden dimensions of matrices of normal numbers.
    """

    models: Mapping[str, Models]
    split: Mapping[str, FeatureLosses]
    sampled: Mapping[str, Sampled]
    optimal: np.ndarray
    random_packing: float

    def share(self, kind: str) -> np.ndarray:
        """Interference as part of the whole loss, (d, k)."""
        split = self.split[kind]
        return split.interference.sum(-1) / np.maximum(split.full.sum(-1), 1e-12)


def measure(datasets: Mapping[str, xarray.Dataset]) -> Measured:
    """Take the best models, split their losses, and sample those of the toy autoencoders.

    Args:
        datasets: {"autoencoder", "hidden_relu", "linear": sweeps over density, importance_decay and
            seed; "quadratic": over kurtosis in place of density; "shuffled", "binary",
            "exponential", "lomax": over density and seed}.
    """
    models = {name: models_of(dataset) for name, dataset in datasets.items()}
    quadratic, tied = models[QUADRATIC], models[TIED]
    sampled = {
        name: sample(models[name], {"hidden_activation": act})
        for name, act in ((TIED, "linear"), (HIDDEN, "relu"))
    }
    split = {TIED: by_quadrature(tied), HIDDEN: sampled[HIDDEN].losses}
    rng, shape = np.random.default_rng(0), quadratic.W.shape[-2:]
    return Measured(
        models=models,
        split=split | {QUADRATIC: quadratic_losses(quadratic)},
        sampled=sampled,
        optimal=_optimal(quadratic),
        random_packing=capacity(rng.normal(size=(N_RANDOM, *shape))).sum(-1).mean() / shape[-1],
    )


def by_quadrature(models: Models) -> FeatureLosses:
    """The losses of tied ReLU models with magnitudes that are uniform on (0, 1)."""
    law = law_of(data.magnitudes.uniform(low=0.0, high=1.0))

    def losses(at: tuple[int, int]) -> FeatureLosses:
        W = models.W[at]
        return feature_losses(
            W @ W.T,
            models.b[at],
            density=models.along[at[1]],
            law=law,
            importance=models.importance[at[0]],
            act=lambda z: np.maximum(z, 0.0),
        )

    return stacked(models.loss.shape, losses)


def quadratic_losses(models: Models) -> FeatureLosses:
    """Those of the quadratic model: (κ - 1) v_i² where it is ignored, and the terms of its loss."""
    gram = models.W @ np.swapaxes(models.W, -1, -2)
    own = np.diagonal(gram, axis1=-2, axis2=-1)
    v, scale = models.importance[:, None], (models.along - 1)[None, :, None]
    clean = scale * (v - own) ** 2
    full = clean + 2 * (np.square(gram).sum(-1) - own**2)
    return FeatureLosses(ignored=np.broadcast_to(scale * v**2, own.shape), clean=clean, full=full)


def stacked(shape: tuple[int, ...], losses: Any) -> FeatureLosses:
    """FeatureLosses of each point of a grid, as arrays (*shape, n)."""
    rows = np.array([losses(at) for at in np.ndindex(*shape)])
    return FeatureLosses(*np.moveaxis(rows.reshape(*shape, *rows.shape[1:]), -2, 0))


def _optimal(models: Models) -> np.ndarray:
    m = models.W.shape[-1]
    return np.array(
        [
            [
                theory.optimal_capacities(values, n_hidden=m, kurtosis=kurtosis)[0]
                for kurtosis in models.along
            ]
            for values in models.importance
        ]
    )
