"""The course of the loss of every model, and the power of time by which it falls."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.flat import finished_members
from experiments.liu.scaling.measure import frequencies
from experiments.power_law.dynamics import theory
from superpos.data.channels import channel_numbers
from superpos.store.best import NoMemberError
from superpos.train import store

FIRST, LAST = 2, 12
"""Features that are learned when the fit begins and when it ends, without a bottleneck."""
SHARE = 0.5
"""Of its start, to which the loss is to fall."""
NUMBERS = {
    "density_power": "data.data.density_power",
    "channel_power": "data.channel_power",
    "n_active": "data.data.n_active",
    "learning_rate": "optim.learning_rate",
    "n_hidden": "model.n_hidden",
}
"""What models differ in: name of the axis, where it is one, and key of the config."""


class Course(NamedTuple):
    """The loss of one model over time.

    Attributes:
        a: power of the frequencies.
        b: power of the importances.
        k: dimensions.
        steps: updates, from 0 on, (n_times,).
        loss: on fresh data, (n_times,).
        expected: the loss of gradient descent with a dimension for each feature, in closed form,
            (n_times,).
        window: the first and the last of the updates over which a power is fitted.
    """

    a: float
    b: float
    k: int
    steps: np.ndarray
    loss: np.ndarray
    expected: np.ndarray
    window: tuple[float, float]

    @property
    def inside(self) -> np.ndarray:
        """Which times are in the window, bool (n_times,)."""
        first, last = self.window
        return (self.steps >= first) & (self.steps <= last)

    @property
    def excess(self) -> np.ndarray:
        """The loss above that at the end, (n_times,)."""
        return self.loss - self.loss[-1]

    @property
    def law(self) -> float:
        """The exponent of infinitely many features with a dimension for each."""
        return theory.exponent(self.a, self.b)

    def exponent(self, of: np.ndarray) -> float | None:
        """The power of time by which something falls in the window; None without three times.

        Args:
            of: loss, excess or expected, (n_times,).
        """
        inside = self.inside & (of > 0)
        if inside.sum() < 3:
            return None
        return float(-np.polyfit(np.log(self.steps[inside]), np.log(of[inside]), 1)[0])

    @property
    def off(self) -> float | None:
        """Root mean square, in the window, of the loss over the closed form less 1."""
        inside = self.inside
        if not inside.any():
            return None
        return float(np.sqrt(np.mean(np.square(self.loss[inside] / self.expected[inside] - 1))))

    @property
    def halved(self) -> float:
        """Updates until the loss is SHARE of its start; inf where it never is."""
        below = np.flatnonzero(self.loss <= SHARE * self.loss[0])
        if not below.size:
            return np.inf
        at = slice(below[0] - 1, below[0] + 1)
        return float(np.interp(-SHARE * self.loss[0], -self.loss[at], self.steps[at]))


class Dynamics(NamedTuple):
    """The courses with a dimension for each of n features, and with fewer dimensions.

    Those that are shuffled have importance in another order than frequency.
    """

    n: int
    whole: list[Course]
    whole_shuffled: list[Course]
    bottleneck: list[Course]
    bottleneck_shuffled: list[Course]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Dynamics:
    """Take the courses of the finished models.

    Args:
        datasets: {"whole": ..., "whole_shuffled": ..., "bottleneck": ..., "bottleneck_shuffled":
            ...}, sweeps over density_power and channel_power, and n_hidden where it is an axis.

    Raises:
        NoMemberError: no model of "whole" or of "bottleneck" finished.
    """
    n = int(store.config_of(datasets["whole"])["data.n_features"])
    found = {name: courses_of(dataset) for name, dataset in datasets.items()}
    for name in ("whole", "bottleneck"):
        if not found[name]:
            raise NoMemberError(f"no finished model in {name}")
    return Dynamics(n, **found)


def courses_of(dataset: xarray.Dataset) -> list[Course]:
    """The courses of one sweep, by a, b and the number of dimensions."""
    config = store.config_of(dataset)
    n, whole = int(config["data.n_features"]), config["model.kind"] == "mlp"
    seed = config["data.shuffle_seed"] if config["data.shuffled"] else None
    number = channel_numbers(n, seed)
    flat = finished_members(dataset, NUMBERS, ("loss", "step_loss"))
    both = xarray.broadcast(flat["step_loss"], flat["loss"])  # all have the same steps, or not
    rows = (*(flat[name] for name in NUMBERS), *(each.transpose("model", ...) for each in both))
    found = []
    for a, b, active, rate, k, steps, loss in zip(*(row.to_numpy() for row in rows), strict=True):
        p, known = frequencies(n, a, active), steps >= 0  # -1 fills up
        steps, loss = steps[known].astype(float), loss[known].astype(float)
        expected = theory.losses(p, number**-b, rate, steps)
        window = theory.learned(p, rate, FIRST), theory.learned(p, rate, LAST)
        found.append(Course(a, b, n if whole else int(k), steps, loss, expected, window))
    return sorted(found, key=lambda each: each[:3])
