"""Errors of the random layer at each size, of trained networks, and of an untrained one."""

from collections.abc import Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np
import xarray

from experiments.computation.uand.layer import (
    CLASSES,
    Errors,
    layer_errors,
    needed,
    slope,
    variance_explained,
)
from experiments.flat import finished_members
from superpos.arguments import ArgumentError
from superpos.store.best import NoMemberError

LEVEL = 0.1
"""The error that a layer may have."""
FEATURES = (250, 500, 1000, 2000)
WIDTHS = (512, 724, 1024, 1448, 2048, 2896, 4096, 5793, 8192)
N_ON, MORE_ON = 2, (3, 4)
"""Features on at all sizes, and at one number of features."""
MANY = 1000
"""That number of features."""
N_PAIRS = 80
"""Of each class, for each layer."""
UNTRAINED = {"m": 32, "d": 512, "n_others": 2.0, "n_examples": 3000}
"""The untrained layer, whose 512 neurons are about as many as there are pairs of its features."""
TRAINED_ON = 2
"""Features on in the inputs that trained networks are judged by."""


class Layers(NamedTuple):
    """The random layer.

    Attributes:
        features: m, (n_m,).
        widths: d, (n_d,).
        errors: of N_ON features on, each (n_m, n_d).
        more: k -> the error in superposition at MANY features, (n_d,).
    """

    features: np.ndarray
    widths: np.ndarray
    errors: Errors
    more: Mapping[int, np.ndarray]

    def widths_needed(self, kind: str) -> np.ndarray:
        """The width from which one of the errors is at most LEVEL, (n_m,); nan of none."""
        errors = np.atleast_2d(getattr(self.errors, kind))
        return np.array([needed(self.widths, row, LEVEL) for row in errors])

    def exponent(self, kind: str) -> float | None:
        """The power of m by which that width grows."""
        return slope(self.features, self.widths_needed(kind))


class Trained(NamedTuple):
    """Trained networks.

    Attributes:
        m: features.
        widths: neurons, (k,).
        errors: mean absolute error, the largest over classes of pairs, (k,).
        random: that of the random layer at as many features and neurons, aligned, (k,).
    """

    m: int
    widths: np.ndarray
    errors: np.ndarray
    random: np.ndarray


class Conjunctions(NamedTuple):
    """All of it; the untrained layer's R² is from its neurons and from its inputs."""

    layers: Layers
    trained: Trained
    untrained: tuple[float, float]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Conjunctions:
    """Make the random layers, and take the finished networks.

    Args:
        datasets: {"sweep": networks over model.width, and seeds}.

    Raises:
        ArgumentError: trained networks have fewer than four features.
        NoMemberError: no network finished.
    """
    rng = np.random.default_rng(0)
    trained = trained_networks(datasets["sweep"], rng)
    return Conjunctions(random_layers(rng), trained, variance_explained(**UNTRAINED, rng=rng))


def random_layers(rng: np.random.Generator) -> Layers:
    """The random layer at each number of features and width."""
    each = [[layer_errors(m, d, N_ON, N_PAIRS, rng) for d in WIDTHS] for m in FEATURES]
    more = {
        k: np.array([layer_errors(MANY, d, k, N_PAIRS, rng).superposed for d in WIDTHS])
        for k in MORE_ON
    }
    errors = Errors(*np.moveaxis(np.array(each), -1, 0))
    return Layers(np.array(FEATURES), np.array(WIDTHS, float), errors, more)


def trained_networks(dataset: xarray.Dataset, rng: np.random.Generator) -> Trained:
    """The finished networks, and the random layer beside each.

    Raises:
        ArgumentError: there are so few features that of no pair neither is on; one line.
        NoMemberError: no network finished.
    """
    if dataset.sizes["feature"] < TRAINED_ON + 2:
        raise ArgumentError(
            f"data.n_features={dataset.sizes['feature']}: expected an integer >= {TRAINED_ON + 2},"
            f" as pairs are judged where {TRAINED_ON} other features are on"
        )
    names = ("weights.0", "weights.1", "biases.0", "biases.1")
    flat = finished_members(dataset, {"width": "model.n_hidden"}, names)
    if not flat.sizes["model"]:
        raise NoMemberError("no finished network")
    widths = flat["width"].to_numpy()
    rows = zip(*(flat[name].to_numpy().astype(float) for name in names), widths, strict=True)
    networks = [(a[:, : int(d)], b[: int(d)], c[: int(d)], e) for a, b, c, e, d in rows]
    m = networks[0][0].shape[0]
    random = [layer_errors(m, int(d), TRAINED_ON, N_PAIRS, rng).aligned for d in widths]
    errors = [network_error(*each) for each in networks]
    return Trained(m, widths, np.array(errors), np.array(random))


def network_error(
    W_in: np.ndarray, W_out: np.ndarray, b_in: np.ndarray, b_out: np.ndarray
) -> float:
    """The mean absolute error on all inputs of TRAINED_ON features, the largest over CLASSES.

    Args:
        W_in: (m, d).
        W_out: of the ANDs in the order of `superpos.data.products`, (d, m (m - 1) / 2).
        b_in: (d,).
        b_out: (m (m - 1) / 2,).
    """
    m = len(W_in)
    x = np.zeros((len(list(combinations(range(m), TRAINED_ON))), m))
    for row, on in zip(x, combinations(range(m), TRAINED_ON), strict=True):
        row[list(on)] = 1
    first, second = np.triu_indices(m, 1)
    outputs = np.maximum(x @ W_in + b_in, 0) @ W_out + b_out
    off = np.abs(outputs - x[:, first] * x[:, second])
    count = x[:, first] + x[:, second]
    return float(max(off[count == sum(each)].mean() for each in CLASSES))


def bound(m: np.ndarray) -> np.ndarray:
    """√(m log₂ m), below which no network of m arbitrary ANDs of m features has its neurons."""
    return np.sqrt(m * np.log2(m))
