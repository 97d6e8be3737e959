"""What latents and the bias are made of."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.saes.codes import parameters, unit
from superpos.data import directions
from superpos.train import store

CASES = (
    "independent",
    "hierarchy without L1",
    "hierarchy",
    "partial, small L1",
    "partial, large L1",
    "flipped",
)
"""The points of the sweep, in their order."""
LEVELS = {0.0: "standard", 0.25: "balanced", 1.0: "detached", 0.17: "unbalanced"}
"""Weight of the inner level -> the point of the sweep over levels."""
PARENT, CHILD = 0, 1


class Narrow(NamedTuple):
    """Sparse autoencoders of one latent; nan where they did not finish.

    Attributes:
        with_parent: P(child | parent) of each case, (cases,).
        without_parent: P(child | no parent), (cases,).
        coefficient: of L1, (cases,).
        cosine: of the latent with both features, (cases, seeds, 2).
        bias: components of the decoder bias along both, (cases, seeds, 2).
    """

    with_parent: np.ndarray
    without_parent: np.ndarray
    coefficient: np.ndarray
    cosine: np.ndarray
    bias: np.ndarray


class Levels(NamedTuple):
    """Autoencoders of four latents, of which the first has a level of its own; nan if not finished.

    Attributes:
        cases: of LEVELS, those that there are.
        encoder: cosines of encoders of latents with the parent and its three children,
            (cases, seeds, latents, features).
        decoder: the same of decoders.
    """

    cases: tuple[str, ...]
    encoder: np.ndarray
    decoder: np.ndarray


class Hedging(NamedTuple):
    """Both sweeps."""

    single: Narrow
    levels: Levels


def measure(datasets: Mapping[str, xarray.Dataset]) -> Hedging:
    """Take the latents and the bias of each autoencoder apart.

    Args:
        datasets: {"single": over points of with_parent.0, without_parent and coefficient, and seed;
            "levels": over points of weights.0, and seed}.
    """
    return Hedging(narrow_of(datasets["single"]), levels_of(datasets["levels"]))


def narrow_of(dataset: xarray.Dataset) -> Narrow:
    """Autoencoders of a single latent."""
    case = str(dataset["coefficient"].dims[0])
    features, given, finished = _read(dataset, case, 2)
    along = unit(given["W_dec"])[..., 0, :] @ features.T
    with_parent = dataset["data.data.data.with_parent.0"]
    return Narrow(
        with_parent=with_parent.to_numpy().astype(float),
        without_parent=dataset["without_parent"].to_numpy().astype(float),
        coefficient=dataset["coefficient"].to_numpy().astype(float),
        cosine=np.where(finished[..., None], along, np.nan),
        bias=np.where(finished[..., None], given["b_dec"] @ features.T, np.nan),
    )


def levels_of(dataset: xarray.Dataset) -> Levels:
    """Autoencoders with an inner level, in the order of LEVELS."""
    case = "model.weights.0"
    weights = dataset[case].to_numpy()
    there = [weight for weight in LEVELS if weight in weights]
    features, given, finished = _read(dataset.sel({case: there}), case, 4)
    encoder = unit(given["W_enc"].swapaxes(-1, -2)) @ features.T
    decoder = unit(given["W_dec"]) @ features.T
    cosines = (np.where(finished[..., None, None], x, np.nan) for x in (encoder, decoder))
    return Levels(tuple(LEVELS[weight] for weight in there), *cosines)


def _read(
    dataset: xarray.Dataset, case: str, n_features: int
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """The features; the parameters, by case and seed; and which members have finished."""
    features = directions.orthonormal(0, n_features, dataset.sizes["input"]).astype(float)
    finished = store.finished(dataset).transpose(case, "seed").to_numpy()
    return features, parameters(dataset, case, "seed"), finished


def first_component(with_parent: float, without_parent: float, density: float) -> np.ndarray:
    """The largest principal component of a parent and a child of size 1, (2,), of norm 1.

    Args:
        with_parent: P(child | parent).
        without_parent: P(child | no parent).
        density: P(parent).
    """
    child = density * with_parent + (1 - density) * without_parent
    covariance = density * with_parent - density * child
    matrix = np.array(
        [[density * (1 - density), covariance], [covariance, child * (1 - child)]], float
    )
    vector = np.linalg.eigh(matrix)[1][:, -1]
    return vector * np.sign(vector[PARENT])
