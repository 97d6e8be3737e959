"""The exact loss of every checkpoint, and what chains estimate at the polygons."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.chen import theory
from superpos.metrics import local_learning_coefficient
from superpos.train import store

NEAR = 3e-4
"""A checkpoint is on a plateau when its exact loss is this close to a polygon's."""
ELSEWHERE = -1
BIASES = "vertices", "other_bias", "last_bias"
"""What tells the polygons of the chains apart."""


class Runs(NamedTuple):
    """The checkpoints of the runs that finished.

    Attributes:
        steps: updates done at each checkpoint, (checkpoints,).
        losses: their exact losses, (runs, checkpoints).
        bias: of the feature without a direction, (runs, checkpoints).
        llc: polygon -> estimate of its learning coefficient.
        n_sets: number of data sets.
    """

    steps: np.ndarray
    losses: np.ndarray
    bias: np.ndarray
    llc: Mapping[str, float]
    n_sets: int


def measure(datasets: Mapping[str, xarray.Dataset]) -> Runs:
    """Measure all checkpoints, and estimate learning coefficients from the chains.

    Args:
        datasets: {"runs": runs over data set and seed with their parameters after each block;
            "chains": losses of chains over polygon, learning rate and data set}.
    """
    runs = datasets["runs"]
    W, b = checkpoints(runs)
    return Runs(
        steps=runs["step"].to_numpy(),
        losses=theory.exact_loss(W, b),
        bias=vestigial_bias(W, b),
        llc=estimates(datasets["chains"]),
        n_sets=np.unique(runs["data_seed"]).size,
    )


def checkpoints(dataset: xarray.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """W (runs, checkpoints, n, 2) and b (runs, checkpoints, n) of the runs that finished."""
    runs = dataset["status"].dims
    paths = dataset[["W_path", "b_path"]].stack(run=runs).transpose("run", "step", ...)
    finished = store.finished(dataset).stack(run=runs).to_numpy()
    W, b = (paths[name].to_numpy()[finished].astype(float) for name in ("W_path", "b_path"))
    return W, b


def vestigial_bias(W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The bias of the feature with the least norm: W (..., n, 2), b (..., n) -> (...)."""
    least = np.linalg.norm(W, axis=-1).argmin(-1)
    return np.take_along_axis(b, least[..., None], axis=-1)[..., 0]


def estimates(dataset: xarray.Dataset) -> dict[str, float]:
    """Polygon -> λ̂ in the mean over chains; those at the least learning rate stayed at it."""
    dataset = dataset.transpose("learning_rate", "vertices", "seed", ...).sortby("learning_rate")
    losses = dataset["loss"].to_numpy().astype(float)
    B = store.config_of(dataset)["optim.inverse_temperature"]
    polygons = zip(*(dataset[n].to_numpy() for n in BIASES), strict=True)
    names = []
    for k, other, last in polygons:
        # The last feature is off in any of them, the one before it where there are 4 vertices.
        n_plus = int(last > 0) + int(k == 4 and other > 0)
        names.append(f"{int(k)}" + "+" * n_plus)
    values = local_learning_coefficient(losses[-1], losses[0].mean(-1), inverse_temperature=B)
    return dict(zip(names, np.asarray(values, float).mean(-1).tolist(), strict=True))


def plateau_of(losses: np.ndarray) -> np.ndarray:
    """Number of the polygon in theory.KINDS whose loss is near, int; ELSEWHERE where none is."""
    levels = np.array([theory.level(name) for name in theory.KINDS])
    distance = np.abs(losses[..., None] - levels)
    return np.where(distance.min(-1) <= NEAR, distance.argmin(-1), ELSEWHERE)


def passages(plateaus: np.ndarray) -> list[tuple[int, int]]:
    """The plateaus before and after each passage, in all runs (runs, checkpoints)."""
    found = []
    for run in plateaus:
        visited = run[run != ELSEWHERE]
        steps = zip(visited[:-1].tolist(), visited[1:].tolist(), strict=True)
        found += [(before, after) for before, after in steps if before != after]
    return found
