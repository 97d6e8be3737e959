"""The loss, the represented features and the overlaps of every model, and powers of the width."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray

from experiments.elhage.geometry import cosines, represented
from experiments.flat import finished_members
from superpos import metrics
from superpos.store.best import NoMemberError
from superpos.train import store

STRONG, WEAK = -1.0, 1.0
"""Weight decay γ of models with much and with little superposition."""
IMPORTANT = 0.25
"""Part of the features that counts as the most frequent, and as the rarest."""
N_RESAMPLES, LEVEL = 1000, 95
"""Of the bootstrap, and the confidence of its intervals in percent."""
NUMBERS = {
    "density_power": "data.density_power",
    "weight_decay": "optim.weight_decay",
    "n_active": "data.n_active",
    "n_hidden": "model.n_hidden",
}
"""What models differ in: name of the axis, where it is one, and key of the config."""


class Models(NamedTuple):
    """The models that finished, in no particular order.

    Attributes:
        power: α, (k,).
        decay: γ, (k,).
        active: features on at once, (k,).
        m: hidden dimensions, (k,).
        loss: L, (k,).
        n: features.
        second: ⟨v²⟩ of a feature that is on.
        kept: rows of W with a norm above 1/2, (k,).
        missed: ⟨v²⟩ Σ p_i over all but as many of the most frequent features, (k,).
        overlap: mean squared overlap of two unit rows, (k,).
        largest: the largest of them, (k,).
        important: variance of the squared overlaps of the most frequent features, over that of the
            rarest, (k,).
    """

    power: np.ndarray
    decay: np.ndarray
    active: np.ndarray
    m: np.ndarray
    loss: np.ndarray
    n: int
    second: float
    kept: np.ndarray
    missed: np.ndarray
    overlap: np.ndarray
    largest: np.ndarray
    important: np.ndarray

    @property
    def over_missed(self) -> np.ndarray:
        """L over what is missed, (k,); nan where nothing is."""
        some = self.missed > 0
        return np.where(some, self.loss / np.where(some, self.missed, 1), np.nan)

    def where(self, **wanted: float) -> "Models":
        """Those of some values of power, decay, active or m."""
        chosen = np.ones(len(self.loss), bool)
        for name, value in wanted.items():
            chosen &= np.isclose(getattr(self, name), value)
        return self.at(chosen)

    def at(self, chosen: np.ndarray) -> "Models":
        """Some of them, bool (k,)."""
        arrays = {
            name: each[chosen]
            for name, each in self._asdict().items()
            if isinstance(each, np.ndarray)
        }
        return self._replace(**arrays)


class Power(NamedTuple):
    """L ∝ m^-exponent, with the interval of its bootstrap; nan where it is not determined."""

    exponent: float
    low: float
    high: float


class Scaling(NamedTuple):
    """The models of the grid, and those with other numbers of features on at once."""

    grid: Models
    activity: Models


def measure(datasets: Mapping[str, xarray.Dataset]) -> Scaling:
    """Measure the finished models.

    Args:
        datasets: {"grid": over the axes density_power, weight_decay and n_hidden; "activity": over
            n_active and n_hidden}; a seed may be an axis of both.

    Raises:
        NoMemberError: no model of the grid finished.
    """
    found = Scaling(models_of(datasets["grid"]), models_of(datasets["activity"]))
    if not found.grid.loss.size:
        raise NoMemberError("no finished model in the grid")
    return found


def models_of(dataset: xarray.Dataset) -> Models:
    """The finished models of one sweep, each measured by its W without what that is padded with."""
    flat = finished_members(dataset, NUMBERS, ("W", "loss"))
    power, decay, active, m = (flat[name].to_numpy() for name in NUMBERS)
    W = flat["W"].transpose("model", "feature", "hidden").to_numpy().astype(float)
    each = [row[:, : int(size)] for row, size in zip(W, m, strict=True)]
    kept = np.array([represented(row).sum() for row in each], int)
    second = second_moment(store.config_of(dataset))
    rows = zip(power, active, kept, strict=True)
    return Models(
        *(power, decay, active, m, flat["loss"].to_numpy().astype(float), W.shape[1], second, kept),
        missed=np.array([missed(W.shape[1], a, e, k, second) for a, e, k in rows]),
        **{name: np.array([of(row) for row in each]) for name, of in OVERLAPS.items()},
    )


def frequencies(n: int, power: float, active: float) -> np.ndarray:
    """p_i of features that fall like i^-power and add up to `active`, (n,)."""
    falling = np.arange(1, n + 1) ** -power
    return active * falling / falling.sum()


def second_moment(config: Mapping[str, Any]) -> float:
    """⟨v²⟩ of a feature that is on, nan of one that is not uniform."""
    if config["data.magnitude.kind"] != "uniform":
        return np.nan
    low, high = (float(config[f"data.magnitude.{end}"]) for end in ("low", "high"))
    return (low**2 + low * high + high**2) / 3


def missed(n: int, power: float, active: float, kept: int, second: float) -> float:
    """The loss of a model that has the `kept` most frequent features, exactly, and no other."""
    return float(second * frequencies(n, power, active)[kept:].sum())


def squared_overlaps(W: np.ndarray) -> np.ndarray:
    """Of each pair of unit rows of W (n, m), (n (n - 1) / 2,)."""
    return np.square(cosines(W)[np.triu_indices(len(W), 1)])


def importance_ratio(W: np.ndarray) -> float:
    """Variance of the squared overlaps of the most frequent features over that of the rarest."""
    some = max(3, int(IMPORTANT * len(W)))
    rarest = squared_overlaps(W[-some:]).var()
    return float(squared_overlaps(W[:some]).var() / rarest) if rarest > 0 else np.nan


OVERLAPS = {
    "overlap": lambda W: squared_overlaps(W).mean(),
    "largest": lambda W: squared_overlaps(W).max(),
    "important": importance_ratio,
}
"""What is measured of W (n, m) of one model."""


def welch(n: int, m: np.ndarray) -> np.ndarray:
    """The least mean and the least largest squared overlap of n unit vectors in m dimensions."""
    return np.asarray(metrics.readout_floor(float(n), m), float)


def fit(models: Models) -> Power:
    """The power of the width by which the loss falls, by least squares in a log-log plot.

    The interval is that of models drawn with replacement, of which two widths are asked for.
    """
    x, y = np.log(models.m), np.log(np.maximum(models.loss, np.finfo(float).tiny))
    if len(np.unique(x)) < 2:
        return Power(np.nan, np.nan, np.nan)
    draws = np.random.default_rng(0).integers(len(x), size=(N_RESAMPLES, len(x)))
    draws = draws[np.ptp(x[draws], axis=1) > 0]
    spread = 50 - LEVEL / 2, 50 + LEVEL / 2
    low, high = np.percentile([_slope(x[drawn], y[drawn]) for drawn in draws], spread)
    return Power(_slope(x, y), float(low), float(high))


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    x = x - x.mean()
    return float(-(x @ y) / (x @ x))
