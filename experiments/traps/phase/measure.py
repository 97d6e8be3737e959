"""Losses and overlaps of trained features, at each occupancy, in two dimensions and in three."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.traps import theory
from superpos.store.best import fragile_of
from superpos.train import best_of, store

FLAT, ROOM = 2, 3
"""Hidden dimensions: fewer than features, and as many."""
LEVEL = 0.95
"""A pair shares a direction where the excess of one action is at least this."""
N_RANDOM = 2**16


class Phase(NamedTuple):
    """Trained features in some hidden dimensions, at each occupancy from the smallest up.

    Attributes:
        occupancy: p, (n_p,).
        W: of the best start, by its exact loss, (n_p, 3, n_hidden).
        overlaps: of the pairs 12, 13 and 23 for each start, nan where it did not finish,
            (n_p, n_starts, 3).
        fragile: where the best start is sensitive to rounding, bool (n_p,); None when not checked.
    """

    occupancy: np.ndarray
    W: np.ndarray
    overlaps: np.ndarray
    fragile: np.ndarray | None

    @property
    def best(self) -> np.ndarray:
        """Overlaps of the best start, (n_p, 3)."""
        return overlaps_of(self.W)

    def starts(self, low: float, high: float) -> np.ndarray | None:
        """Overlaps of all starts that finished, at occupancies in [low, high], (n, 3); or None."""
        between = (self.occupancy > low - 1e-6) & (self.occupancy < high + 1e-6)
        found = self.overlaps[between].reshape(-1, 3)
        found = found[~np.isnan(found).any(-1)]
        return found if len(found) else None


class Phases(NamedTuple):
    """What is measured.

    Attributes:
        flat: in two dimensions.
        room: in three.
        random: mean loss of random directions in the plane, at each occupancy, (n_p,).
    """

    flat: Phase
    room: Phase
    random: np.ndarray


def measure(datasets: Mapping[str, xarray.Dataset]) -> Phases:
    """Take overlaps, and exact losses from them.

    Args:
        datasets: {"sweep": of the autoencoder with unit features over width, occupancy and seed}.
    """
    dataset = datasets["sweep"].sortby(["width", "occupancy"])
    drawn = overlaps_of(np.random.default_rng(0).standard_normal((N_RANDOM, 3, FLAT))).mean(0)
    flat, room = phase(dataset, 0), phase(dataset, -1)
    return Phases(flat, room, theory.loss_of(drawn, flat.occupancy))


def phase(dataset: xarray.Dataset, width: int) -> Phase:
    """The features in the hidden dimensions at one place of that axis."""
    dataset = dataset.isel(width=width).transpose("occupancy", "seed", "feature", "hidden", ...)
    occupancy = dataset["occupancy"].to_numpy().astype(float)
    overlaps = overlaps_of(dataset["W"].to_numpy().astype(float))
    losses = theory.loss_of(overlaps, occupancy[:, None])
    finished = store.finished(dataset).to_numpy()
    best = best_of(dataset, dataset["status"].copy(data=losses))
    return Phase(
        occupancy,
        best["W"].to_numpy().astype(float),
        np.where(finished[..., None], overlaps, np.nan),
        fragile_of(best),
    )


def overlaps_of(W: np.ndarray) -> np.ndarray:
    """Squared cosines of the pairs 12, 13 and 23 of rows, (..., 3, n_hidden) -> (..., 3)."""
    V = W / np.linalg.norm(W, axis=-1, keepdims=True)
    pairs = ((0, 1), (0, 2), (1, 2))
    return np.stack([(V[..., i, :] * V[..., j, :]).sum(-1) ** 2 for i, j in pairs], axis=-1)


def boundary(occupancy: np.ndarray, excess: np.ndarray) -> float:
    """The occupancy at which an excess that starts at LEVEL or more first falls through it.

    By linear interpolation; the first occupancy where it starts below, the last where it stays.
    """
    below = np.flatnonzero(excess < LEVEL)
    if not below.size:
        return float(occupancy[-1])
    at = below[0]
    if at == 0:
        return float(occupancy[0])
    share = (excess[at - 1] - LEVEL) / (excess[at - 1] - excess[at])
    return float(occupancy[at - 1] + share * (occupancy[at] - occupancy[at - 1]))
