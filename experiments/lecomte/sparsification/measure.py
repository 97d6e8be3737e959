"""The weights that are left over time, and the closed forms."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from superpos.store.best import fragile_of
from superpos.train import store

PENALTY, LEARNING_RATE = 4e-4, 0.125
RATE, STEP = PENALTY / 4, 4 * LEARNING_RATE
"""λ, and the time that an update takes."""
LEFT = 3 * STEP * RATE
"""A weight is left when it is larger than this: smaller ones jump about 0."""


class Course(NamedTuple):
    """The weights of a feature that are left, over time.

    Attributes:
        t: times, (times,).
        norm: their L1 norm, (instances, times).
        left: their number, (instances, times).
        n_hidden: number of weights m.
        fragile: which models are sensitive to rounding, bool (seeds,); None when not checked.
    """

    t: np.ndarray
    norm: np.ndarray
    left: np.ndarray
    n_hidden: int
    fragile: np.ndarray | None

    @property
    def closed_form(self) -> np.ndarray:
        """‖w‖₁ at all times as the paper has it, (times,)."""
        return closed_form(self.t, self.n_hidden)


def measure(datasets: Mapping[str, xarray.Dataset]) -> Course:
    """Measure the instances that finished.

    Args:
        datasets: {"sweep": a sweep over seed with n = 1, whose parameters are kept}.
    """
    dataset = datasets["sweep"]
    finished = store.finished(dataset).to_numpy()
    W = dataset["W_path"].transpose("seed", "step", "feature", "hidden").to_numpy()
    W = np.abs(W[finished, :, 0].astype(float))
    return Course(
        t=STEP * dataset["step"].to_numpy(),
        norm=np.where(W > LEFT, W, 0).sum(-1),
        left=(W > LEFT).sum(-1),
        n_hidden=W.shape[-1],
        fragile=fragile_of(dataset),
    )


def closed_form(t: np.ndarray, m: int) -> np.ndarray:
    """‖w‖₁ of m weights at times t (...); its square is the number of weights that are left."""
    return np.maximum(1 / (m**-0.5 + RATE * t), 1.0)
