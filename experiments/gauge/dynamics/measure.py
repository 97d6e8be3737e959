"""What is measured of dynamics of labels, from stored runs and, of the time, by running updates."""

from collections.abc import Mapping
from typing import NamedTuple

import xarray

from experiments.gauge.dynamics.charges import Drifts, drifts
from experiments.gauge.dynamics.equivariance import Gaps, compare
from experiments.gauge.dynamics.label_space import Labels, follow_labels
from experiments.gauge.dynamics.speed import N_FEATURES, WIDTHS, Times, timings
from superpos.train import store


class Dynamics(NamedTuple):
    """All that is claimed about.

    Attributes:
        table: how far equivalent starts come apart, by optimiser and group.
        labels: one start followed in W and in G = W Wᵀ.
        times: of an update in W and in G.
        linear: drifts of the charge of linear units by learning rate.
        relu: the same of ReLU units.
    """

    table: Mapping[str, Gaps]
    labels: Labels
    times: Times
    linear: Drifts
    relu: Drifts


def measure(datasets: Mapping[str, xarray.Dataset]) -> Dynamics:
    """Read the runs, and time updates.

    Args:
        datasets: "<model>_start" and "<model>_<family>", as `equivariance.compare` takes them;
            "weights", "label", "rule" and so on, as `label_space.follow_labels` does;
            "linear_charge" and "relu_charge". Of seeds the first is used. Updates are timed at the
            batch size of "tied".
    """
    batch_size = store.config_of(datasets["tied"])["fit.batch_size"]
    return Dynamics(
        table=compare(datasets),
        labels=follow_labels(datasets),
        times=timings(N_FEATURES, WIDTHS, batch_size),
        linear=drifts(datasets["linear_start"], datasets["linear_charge"]),
        relu=drifts(datasets["relu_start"], datasets["relu_charge"]),
    )
