"""Models of two features and one neuron on their way, made by hand."""

import json
from collections.abc import Callable

import numpy as np
import pytest
import scipy
import xarray

RATIO = 0.6
CAPACITIES = np.linspace(0.01, 1, 60)


def least_loss(C: float, kurtosis: float) -> float:
    """By a search over the size of the weights."""

    def loss(size: float) -> float:
        a, b = size * C, size * (1 - C)
        return (kurtosis - 1) * ((1 - a) ** 2 + (RATIO - b) ** 2) + 4 * a * b

    return scipy.optimize.minimize_scalar(
        loss, bounds=(0, 3), method="bounded", options={"xatol": 1e-9}
    ).fun


@pytest.fixture
def paths() -> Callable[..., xarray.Dataset]:
    """Makes a dataset of models along the curve, each kurtosis ending at its least loss."""

    def make(kurtosis: tuple[float, ...] = (2.0, 8.0), excess: float = 0.0) -> xarray.Dataset:
        C = np.empty((len(kurtosis), 2, len(CAPACITIES)))
        loss = np.empty_like(C)
        for row, value in enumerate(kurtosis):
            curve = np.array([least_loss(at, value) for at in CAPACITIES])
            order = np.argsort(-curve)
            C[row], loss[row] = CAPACITIES[order], curve[order] * (1 + excess)
        loss[:, 1] += 1.0  # a worse instance
        dims = ("kurtosis", "seed", "step")
        return xarray.Dataset(
            {
                "feature_dimensionality": ((*dims, "feature"), np.stack([C, 1 - C], axis=-1)),
                "loss": (dims, loss),
                "status": (dims[:2], np.full(loss.shape[:2], "ok")),
            },
            {"kurtosis": list(kurtosis)},
            {"config": json.dumps({"model.importance_decay": RATIO})},
        )

    return make
