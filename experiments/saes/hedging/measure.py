"""What the only latent and the bias are made of."""

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


def measure(datasets: Mapping[str, xarray.Dataset]) -> Narrow:
    """Take the latent and the bias of each autoencoder apart.

    Args:
        datasets: {"sweep": over points of with_parent.0, without_parent and coefficient, and seed}.
    """
    dataset = datasets["sweep"]
    case = str(dataset["coefficient"].dims[0])
    features = directions.orthonormal(0, 2, dataset.sizes["input"]).astype(float)
    given = parameters(dataset, case, "seed")
    finished = store.finished(dataset).transpose(case, "seed").to_numpy()[..., None]
    along = unit(given["W_dec"])[..., 0, :] @ features.T
    with_parent = dataset["data.data.data.with_parent.0"]
    return Narrow(
        with_parent=with_parent.to_numpy().astype(float),
        without_parent=dataset["without_parent"].to_numpy().astype(float),
        coefficient=dataset["coefficient"].to_numpy().astype(float),
        cosine=np.where(finished, along, np.nan),
        bias=np.where(finished, given["b_dec"] @ features.T, np.nan),
    )


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
