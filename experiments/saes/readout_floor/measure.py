"""Cross-talk of trained read-outs and of tight frames, as multiples of the floor."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from superpos import metrics
from superpos.train import store

LINEAR, RELU = "linear", "relu"
"""What names of variants begin with."""


class Readouts(NamedTuple):
    """Models of one kind and size.

    Attributes:
        kind: "linear" or "relu".
        n_features: F.
        n_hidden: d.
        ratio: mean squared cross-talk over its floor, of each finished seed, (seeds,).
        loss: at the end, (seeds,).
        rows: mean squared cross-talk of each feature over the floor, of the first, (n_features,).
        gram: what is read of feature i while j is on, over what is read of i itself, of the first,
            (n_features, n_features).
    """

    kind: str
    n_features: int
    n_hidden: int
    ratio: np.ndarray
    loss: np.ndarray
    rows: np.ndarray
    gram: np.ndarray

    @property
    def expected(self) -> float:
        """The ratio of a projection on a random subspace, d / (d - 2)."""
        return self.n_hidden / (self.n_hidden - 2)


class Measured(NamedTuple):
    """All models, and frames made by hand.

    Attributes:
        models: name of the variant -> models.
        frames: (F, d) -> ratio of a tight frame of unit vectors.
    """

    models: Mapping[str, Readouts]
    frames: Mapping[tuple[int, int], float]

    def of(self, kind: str) -> list[Readouts]:
        """The models of one kind, from the smallest up."""
        return [each for each in self.models.values() if each.kind == kind]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Measured:
    """Measure the cross-talk of each model.

    Args:
        datasets: {"linear_*" and "relu_*": sweeps over seeds of tied autoencoders}.
    """
    models = {name: readouts(name, dataset) for name, dataset in datasets.items()}
    sizes = {(each.n_features, each.n_hidden) for each in models.values()}
    return Measured(models, {size: ratio(tight_frame(*size)) for size in sorted(sizes)})


def readouts(name: str, dataset: xarray.Dataset) -> Readouts:
    """The models of a variant."""
    finished = store.finished(dataset).to_numpy()
    W = dataset["W"].transpose("seed", "feature", "hidden").to_numpy().astype(float)[finished]
    gram = W[0] @ W[0].T
    own = np.diagonal(gram)[:, None]
    scaled = gram / np.where(own == 0, 1, own)
    n, d = W.shape[1:]
    squares = (scaled**2).sum(1) - np.diagonal(scaled) ** 2
    return Readouts(
        kind=name.split("_")[0],
        n_features=n,
        n_hidden=d,
        ratio=np.array([ratio(each) for each in W]),
        loss=dataset["loss"].isel(step=-1).to_numpy()[finished].astype(float),
        rows=squares / (n - 1) / float(metrics.readout_floor(float(n), float(d))),
        gram=scaled,
    )


def ratio(W: np.ndarray) -> float:
    """Mean squared cross-talk of the read-out W Wᵀ over its floor, W (n_features, n_hidden)."""
    n, d = W.shape
    crosstalk = metrics.mean_squared_crosstalk((W @ W.T).astype(np.float32))
    return float(crosstalk) / float(metrics.readout_floor(float(n), float(d)))


def tight_frame(n_features: int, n_hidden: int) -> np.ndarray:
    """A harmonic frame: d/2 frequencies, each with its cosine and sine, (n_features, n_hidden).

    Args:
        n_features: F.
        n_hidden: d, even, d <= F.

    Returns:
        Rows of norm 1 whose columns are orthogonal and of norm √(F/d).
    """
    angles = 2 * np.pi * np.outer(np.arange(n_features), np.arange(1, n_hidden // 2 + 1))
    waves = angles / n_features
    return np.concatenate([np.cos(waves), np.sin(waves)], axis=1) / np.sqrt(n_hidden / 2)
