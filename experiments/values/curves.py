"""Regret against the number of labels, and the labels that a regret takes."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.flat import finished_members
from superpos.types import EMPTY

N_RESAMPLES = 500
LEAST_SIZES = 3
"""Of which a power is fitted."""
KEYS = {
    "n_labels": "data.n_labels",
    "n_used": "data.n_used",
    "named_share": "data.named_share",
    "label_noise": "data.label_noise",
    "n_valued": "data.n_valued",
    "correlation": "data.correlation",
    "member": "data.member",
    "world_seed": "data.world_seed",
    "pointed": "model.pointed",
    "first_pointed": "model.first_pointed",
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

    def reach_part(self, part: float) -> float:
        """Labels from which on the mean gain is a part, in (0, 1), of that of the most labels."""
        return self.reach(1 - part * (1 - float(self.mean[-1])))

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


def power(curves: Mapping[float, Curve], labels_of: Callable[[Curve], float]) -> tuple[float, ...]:
    """By which power of a size labels grow, with a 95 % interval.

    Args:
        curves: size -> its curve.
        labels_of: the labels that a curve takes, as of `Curve.reach`.

    Returns:
        The power, and the ends of the interval from resampled runs; nan where fewer than three
        sizes take a number of labels that is between those there are.
    """
    rng = np.random.default_rng(0)
    found = fitted(curves, labels_of)[0]
    again = [
        fitted({size: each.resampled(rng) for size, each in curves.items()}, labels_of)[0]
        for _ in range(N_RESAMPLES)
    ]
    return (found, *np.nanpercentile(again, [2.5, 97.5])) if np.isfinite(found) else (np.nan,) * 3


def interval(curve: Curve, limit: float) -> tuple[float, float]:
    """Between which numbers of labels 95 % of resampled runs have a regret; inf where never."""
    rng = np.random.default_rng(0)
    again = [curve.resampled(rng).reach(limit) for _ in range(N_RESAMPLES)]
    low, high = np.quantile(again, [0.025, 0.975], method="nearest")
    return float(low), float(high)


def fitted(
    curves: Mapping[float, Curve], labels_of: Callable[[Curve], float]
) -> tuple[float, dict[float, float]]:
    """The power that `power` finds, and size -> labels over those of the power law."""
    labels = {size: labels_of(each) for size, each in curves.items()}
    known = {k: n for k, n in labels.items() if curves[k].n[0] < n < np.inf}
    if len(known) < LEAST_SIZES:
        return np.nan, {}
    x, y = np.log([*known]), np.log([*known.values()])
    slope, start = np.polyfit(x, y, 1)
    return float(slope), dict(zip(known, np.exp(y - slope * x - start).tolist(), strict=True))


def runs_of(dataset: xarray.Dataset, name: str = "regret", at: int = -1) -> xarray.Dataset:
    """The finished runs as rows, `model`, with their numbers and a `result`, (model, budget).

    A result without budgets has one.

    Args:
        dataset: a sweep.
        name: of the result.
        at: at which of the times that it was measured.
    """
    names = {each: key if key in dataset else each for each, key in KEYS.items()}
    flat = finished_members(dataset, {names[each]: KEYS[each] for each in names}, (name,))
    flat = flat.rename({found: each for each, found in names.items() if found != each})
    steps = [each for each in flat[name].dims if str(each).startswith("step_")]
    found = flat[name].isel(dict.fromkeys(steps, at))
    found = found if "budget" in found.dims else found.expand_dims("budget")
    found = found.transpose("model", "budget")
    return flat[[*KEYS]].assign(result=found.astype(float))


def with_number(runs: xarray.Dataset, name: str, of_networks: np.ndarray) -> xarray.Dataset:
    """Runs with a number of the network that they read, of all networks (n_networks,)."""
    member = np.minimum(runs["member"].to_numpy().astype(int), len(of_networks) - 1)
    return runs.assign({name: ("model", of_networks[member])})


def curve_of(runs: xarray.Dataset, where: Mapping[str, float]) -> Curve:
    """The runs with some numbers, as a curve over the number of labels, at the largest budget."""
    table = runs.isel(model=_chosen(runs, where), budget=-1).to_dataframe()
    wide = table.pivot_table("result", ["world_seed", "seed"], "n_labels")
    return Curve(wide.columns.to_numpy(float), wide.to_numpy(float))


def means_of(runs: xarray.Dataset, where: Mapping[str, float]) -> np.ndarray:
    """The mean result of the runs with some numbers, (n_budgets,)."""
    return runs["result"].isel(model=_chosen(runs, where)).mean("model").to_numpy()


def values_of(runs: xarray.Dataset, name: str, where: Mapping[str, float] = EMPTY) -> list[float]:
    """Which values a number has among the runs with some numbers, ascending."""
    return [float(each) for each in np.unique(runs[name][_chosen(runs, where)])]


def _chosen(runs: xarray.Dataset, where: Mapping[str, float]) -> np.ndarray:
    found = np.ones(runs.sizes["model"], bool)
    for name, value in where.items():
        found &= np.isclose(runs[name].to_numpy(), value)
    return found
