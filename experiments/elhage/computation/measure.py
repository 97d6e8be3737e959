"""The best model with two neurons for each feature, and the motifs of those with one."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray

from experiments.elhage.computation.motif import Motif, find_motifs
from superpos.store.best import fragile_of
from superpos.train import best_of


class Exact(NamedTuple):
    """The best of the instances that have two neurons for each feature.

    Attributes:
        W_in: what feeds its neurons, (3, 6).
        W_out: what reads them, (3, 6).
        loss: its loss on fresh data at the end.
        n_restarts: of how many instances it is the best.
        fragile: whether it is sensitive to rounding, bool (); None when not checked.
    """

    W_in: np.ndarray
    W_out: np.ndarray
    loss: float
    n_restarts: int
    fragile: np.ndarray | None


class Instances(NamedTuple):
    """All instances that have as many neurons as features.

    Attributes:
        seeds: (n_instances,).
        W_in: what feeds their neurons, (n_instances, 10, 10).
        W_out: what reads them, (n_instances, 10, 10).
        motifs: of each instance.
        fragile: where they are sensitive to rounding, bool (n_instances,); None when not checked.
    """

    seeds: np.ndarray
    W_in: np.ndarray
    W_out: np.ndarray
    motifs: Sequence[Sequence[Motif]]
    fragile: np.ndarray | None


class Computing(NamedTuple):
    """Models that compute absolute values.

    Attributes:
        exact: the best with two neurons for each feature.
        instances: those with as many neurons as features.
    """

    exact: Exact
    instances: Instances


def measure(datasets: Mapping[str, xarray.Dataset]) -> Computing:
    """Take the best of the one, and look for motifs in all of the other.

    Args:
        datasets: {"exact": n = 3, m = 6 over seeds; "motif": n = m = 10 over seeds}.
    """
    sweep, motif = datasets["exact"], datasets["motif"]
    best = best_of(sweep, sweep["loss"].isel(step=-1))
    exact = Exact(
        *_weights(best), float(best["best_loss"]), sweep.sizes["seed"], fragile=fragile_of(best)
    )
    W_in, W_out = _weights(motif)
    motifs = [find_motifs(*weights) for weights in zip(W_in, W_out, strict=True)]
    instances = Instances(motif["seed"].to_numpy(), W_in, W_out, motifs, fragile_of(motif))
    return Computing(exact, instances)


def _weights(dataset: xarray.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """W_in and W_out, float64."""
    W_in, W_out = (dataset[name].to_numpy().astype(np.float64) for name in ("W_in", "W_out"))
    return W_in, W_out
