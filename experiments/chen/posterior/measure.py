"""The polygon at every draw of the chains, and the loss on the way to it."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from superpos.train import store

BURN_IN = 0.25
"""Part of a chain that is left out at its start."""


class Chains(NamedTuple):
    """Draws after burn-in. A row is an n and an inverse temperature B <= n.

    Attributes:
        n: examples, (rows,).
        B: inverse temperature, (rows,).
        start: vertices where each chain began, (chains,).
        data: its data set, (chains,).
        k: vertices of the hull at each draw, (rows, chains, draws).
        before: the same one draw earlier.
        loss: mean L_n between the two draws, (rows, chains, draws).
    """

    n: np.ndarray
    B: np.ndarray
    start: np.ndarray
    data: np.ndarray
    k: np.ndarray
    before: np.ndarray
    loss: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """The n there are, from the smallest up."""
        return np.unique(self.n)

    def ladder(self, n: float) -> np.ndarray:
        """Rows of one n, from the lowest inverse temperature up."""
        rows = np.flatnonzero(self.n == n)
        return rows[np.argsort(self.B[rows])]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Chains:
    """Take the draws of the chains that finished.

    Args:
        datasets: {"sweep": chains over fraction and inverse_temperature, zipped, and over seed,
            data_seed and vertices, zipped; with their parameters after each block}.
    """
    dataset = datasets["sweep"].transpose("fraction", "seed", "step", ...)
    finished = store.finished(dataset).all("fraction").to_numpy()
    k = vertices(dataset["W_path"].transpose(..., "feature", "hidden").to_numpy()[:, finished])
    n_samples = store.config_of(dataset)["data.n_samples"]
    first = max(1, int(BURN_IN * k.shape[-1]))
    return Chains(
        n=np.round(dataset["fraction"].to_numpy().astype(float) * n_samples),
        B=dataset["inverse_temperature"].to_numpy().astype(float),
        start=dataset["vertices"].to_numpy()[finished].astype(int),
        data=dataset["data_seed"].to_numpy()[finished].astype(int),
        k=k[..., first:],
        before=k[..., first - 1 : -1],
        loss=dataset["train_loss"].to_numpy()[:, finished, first:].astype(float),
    )


def vertices(W: np.ndarray) -> np.ndarray:
    """How many features are vertices of the convex hull of all: W (..., n, 2) -> (...).

    A point is one when all others lie within less than half a turn as seen from it.
    """
    n = W.shape[-2]
    away = W[..., None, :, :] - W[..., :, None, :]
    angles = np.arctan2(away[..., 1], away[..., 0])[..., ~np.eye(n, dtype=bool)]
    angles = np.sort(angles.reshape(*W.shape[:-1], n - 1), axis=-1)
    gaps = np.diff(angles, axis=-1, append=angles[..., :1] + 2 * np.pi)
    return (gaps.max(-1) > np.pi).sum(-1)
