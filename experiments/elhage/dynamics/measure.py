"""The course of every finished run, and what the runs on two correlated sets end as."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.elhage.dynamics.jumps import Jump, jumps_of
from experiments.elhage.geometry import cosines, represented
from superpos.store.best import fragile_of
from superpos.train import NoMemberError, store


class Course(NamedTuple):
    """One run of uniform features over time.

    Attributes:
        steps: updates done, (n_blocks,).
        dimensionality: D_i, (n_blocks, n_features).
        loss: mean loss of the updates of each block, (n_blocks,).
        kept: which features are represented at the end, bool (n_features,).
    """

    steps: np.ndarray
    dimensionality: np.ndarray
    loss: np.ndarray
    kept: np.ndarray

    @property
    def unevenness(self) -> float:
        """Largest |D_i - 1/2| of a represented feature at the end; 1/2 where there is none."""
        return (
            float(np.abs(self.dimensionality[-1, self.kept] - 0.5).max())
            if self.kept.any()
            else 0.5
        )

    @property
    def jumps(self) -> list[Jump]:
        """The jumps of its features."""
        return jumps_of(self.dimensionality)


class Sets(NamedTuple):
    """The runs on two correlated sets of three features.

    Attributes:
        steps: updates done, (n_blocks,).
        W: weights at the end, (n_runs, 6, 3); features 0 to 2 are a set and 3 to 5 another.
        loss: mean loss of the updates of each block, (n_runs, n_blocks).
        fragile: which runs are sensitive to rounding, bool (n_runs,); None when not checked.
    """

    steps: np.ndarray
    W: np.ndarray
    loss: np.ndarray
    fragile: np.ndarray | None = None

    @property
    def kinds(self) -> list[str]:
        """What each run ends as, of length n_runs."""
        return [kind_of(w) for w in self.W]


class Dynamics(NamedTuple):
    """The runs of both settings.

    Attributes:
        courses: runs of uniform features, the one nearest to D_i = 1/2 first.
        fragile: which of all members of that sweep, finished or not, are sensitive to rounding,
            bool (n_members,); None when not checked.
        sets: runs on two correlated sets.
    """

    courses: list[Course]
    fragile: np.ndarray | None
    sets: Sets


def measure(datasets: Mapping[str, xarray.Dataset]) -> Dynamics:
    """Take the finished runs of both sweeps.

    Args:
        datasets: {"uniform": ..., "sets": ...}, sweeps over the seed.
    """
    uniform = datasets["uniform"]
    return Dynamics(courses_of(uniform), fragile_of(uniform), _sets_of(datasets["sets"]))


def courses_of(dataset: xarray.Dataset) -> list[Course]:
    """The finished runs of a sweep over the seed, the one nearest to D_i = 1/2 first.

    Raises:
        NoMemberError: no run is finished.
    """
    dataset = _finished(dataset)
    D = dataset["feature_dimensionality"].transpose("seed", "step", ...).to_numpy().astype(float)
    kept = represented(dataset["W"].transpose("seed", "feature", "hidden").to_numpy())
    steps = dataset["step"].to_numpy()
    if not len(D):
        raise NoMemberError("no finished run of uniform features")
    runs = [Course(steps, *run) for run in zip(D, _losses_of(dataset), kept, strict=True)]
    return sorted(runs, key=lambda run: run.unevenness)


def _sets_of(dataset: xarray.Dataset) -> Sets:
    dataset = _finished(dataset)
    return Sets(
        steps=dataset["step"].to_numpy(),
        W=dataset["W"].to_numpy().astype(float),
        loss=_losses_of(dataset),
        fragile=fragile_of(dataset),
    )


def _finished(dataset: xarray.Dataset) -> xarray.Dataset:
    return dataset.isel(seed=np.flatnonzero(store.finished(dataset)))


def _losses_of(dataset: xarray.Dataset) -> np.ndarray:
    return dataset["train_loss"].transpose("seed", "step").to_numpy().astype(float)


def kind_of(W: np.ndarray) -> str:
    """What W (6, 3) is, where features 0 to 2 are a set and 3 to 5 another."""
    count = int(represented(W).sum())
    if count < 6:
        return f"{count} features"
    cos = cosines(W) - np.eye(6)
    opposite = cos.argmin(-1)
    pairs = cos[np.arange(6), opposite]
    others = np.abs(cos)
    others[np.arange(6), opposite] = 0.0
    mutual = (opposite[opposite] == np.arange(6)).all()
    if pairs.max() > -0.9 or others.max() > 0.2 or not mutual:
        return "other six"
    crossing = (opposite // 3 != np.arange(6) // 3).all()
    return "octahedron" if crossing else "octahedron, pairs within sets"
