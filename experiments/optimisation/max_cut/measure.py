"""Regrets and optimisation power of all solvers of cuts."""

from collections.abc import Mapping

import xarray

from experiments.optimisation.curves import Solvers, measure_family


def measure(datasets: Mapping[str, xarray.Dataset]) -> Solvers:
    """Quality by compute.

    Args:
        datasets: as `measure_family` takes them.
    """
    return measure_family("max_cut", datasets)
