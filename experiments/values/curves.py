"""Regret against the number of labels, and the labels that a regret takes."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray

from experiments.flat import finished_members

N_RESAMPLES = 500
KEYS = {
    "n_labels": "data.n_labels",
    "n_used": "data.n_used",
    "named_share": "data.named_share",
    "label_noise": "data.label_noise",
    "n_valued": "data.n_valued",
    "world_seed": "data.world_seed",
    "pointed": "model.pointed",
    "l1_coefficient": "model.l1_coefficient",
    "seed": "seed",
}
"""What runs differ in: name of a number, and its key in the config."""


class Curve(NamedTuple):
    """Regret of one learner.

    Attributes:
        n: numbers of labels, ascending, (k,).
        regret: of each run, nan where it did not finish, (n_runs, k).
    """

    n: np.ndarray
    regret: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Over the runs, (k,)."""
        return np.nanmean(self.regret, 0)

    def reach(self, limit: float) -> float:
        """Labels from which on the mean regret is at most a limit, as of `labels_to_reach`."""
        return labels_to_reach(self.n, self.mean, limit)

    def resampled(self, rng: np.random.Generator) -> "Curve":
        """The curve of as many runs, drawn with replacement."""
        return Curve(self.n, self.regret[rng.integers(len(self.regret), size=len(self.regret))])


def labels_to_reach(n: np.ndarray, regret: np.ndarray, limit: float) -> float:
    """Labels from which on a regret is at most a limit, between two numbers by their logarithms.

    Args:
        n: numbers of labels, ascending, (k,).
        regret: (k,).
        limit: of the regret.

    Returns:
        The least number where even that is enough, so that it is an upper bound; inf where the
        largest number is not.
    """
    above = np.flatnonzero(regret > limit)
    if not above.size:
        return float(n[0])
    last = above[-1]
    if last == len(n) - 1:
        return np.inf
    part = (regret[last] - limit) / (regret[last] - regret[last + 1])
    return float(n[last] * (n[last + 1] / n[last]) ** part)


def power(sizes: Sequence[float], curves: Sequence[Curve], limit: float) -> tuple[float, ...]:
    """By which power of a size the labels grow that a regret takes, with a 95 % interval.

    Args:
        sizes: of each curve.
        curves: of each size.
        limit: of the regret.

    Returns:
        The power, and the ends of the interval from resampled runs; nan where fewer than three
        sizes reach the limit within the numbers of labels there are.
    """
    rng = np.random.default_rng(0)
    found = _power(sizes, curves, limit)
    again = [
        _power(sizes, [each.resampled(rng) for each in curves], limit) for _ in range(N_RESAMPLES)
    ]
    return (found, *np.nanpercentile(again, [2.5, 97.5])) if np.isfinite(found) else (np.nan,) * 3


def interval(curve: Curve, limit: float) -> tuple[float, float]:
    """Between which numbers of labels 95 % of resampled runs have a regret; inf where never."""
    rng = np.random.default_rng(0)
    again = [curve.resampled(rng).reach(limit) for _ in range(N_RESAMPLES)]
    low, high = np.quantile(again, [0.025, 0.975], method="nearest")
    return float(low), float(high)


def _power(sizes: Sequence[float], curves: Sequence[Curve], limit: float) -> float:
    labels = np.array([each.reach(limit) for each in curves])
    least = np.array([each.n[0] for each in curves])
    known = np.isfinite(labels) & (labels > least)
    if known.sum() < 3:
        return np.nan
    return float(np.polyfit(np.log(np.array(sizes)[known]), np.log(labels[known]), 1)[0])


def runs_of(dataset: xarray.Dataset, result: str = "regret", at: int = -1) -> xarray.Dataset:
    """The finished runs as rows, `model`, with their numbers and a result, `regret`.

    Args:
        dataset: a sweep.
        result: which one, of the largest budget.
        at: at which of the times that it was measured.
    """
    names = {name: key if key in dataset else name for name, key in KEYS.items()}
    flat = finished_members(dataset, {names[name]: KEYS[name] for name in names}, (result,))
    flat = flat.rename({found: name for name, found in names.items() if found != name})
    steps = [each for each in flat[result].dims if str(each).startswith("step_")]
    found = flat[result].isel({**dict.fromkeys(steps, at), "budget": -1})
    return flat[[*KEYS]].assign(regret=found.astype(float))


def curve_of(runs: xarray.Dataset, where: Mapping[str, float]) -> Curve:
    """The runs with some numbers, as a curve over the number of labels."""
    table = runs.isel(model=_chosen(runs, where)).to_dataframe()
    wide = table.pivot_table("regret", ["world_seed", "seed"], "n_labels")
    return Curve(wide.columns.to_numpy(float), wide.to_numpy(float))


def regret_of(runs: xarray.Dataset, where: Mapping[str, float]) -> float:
    """The mean regret of the runs with some numbers."""
    return float(runs["regret"].isel(model=_chosen(runs, where)).mean())


def values_of(
    runs: xarray.Dataset, name: str, where: Mapping[str, float] | None = None
) -> list[float]:
    """Which values a number has among the runs with some numbers, ascending."""
    return [float(each) for each in np.unique(runs[name][_chosen(runs, where or {})])]


def _chosen(runs: xarray.Dataset, where: Mapping[str, float]) -> np.ndarray:
    found = np.ones(runs.sizes["model"], bool)
    for name, value in where.items():
        found &= np.isclose(runs[name].to_numpy(), value)
    return found
