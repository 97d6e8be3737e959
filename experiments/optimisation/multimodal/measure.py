"""Regrets of all solvers of wells, and in which basin descent ends."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np
import xarray

from experiments.optimisation.curves import Curve, Solvers, measure_family
from experiments.optimisation.descent import N_DESCENT
from experiments.optimisation.minima import Wells, wells_of
from experiments.optimisation.problems import held_out_problems
from superpos.train import store

SOLVED = 0.05
"""Regret below which a problem counts as solved."""
N_STARTS = 32
"""Of each problem that is counted."""
N_MAP = 61
"""Starts along each side of a map of basins."""


class Map(NamedTuple):
    """One problem, on a grid over its box.

    Attributes:
        side: numbers along a side, (N_MAP,).
        value: f, (N_MAP, N_MAP), the first unknown first.
        solved: whether descent from there solves it, bool, of the same shape.
    """

    side: np.ndarray
    value: np.ndarray
    solved: np.ndarray


class Multimodal(NamedTuple):
    """What is measured of wells.

    Attributes:
        solvers: quality by compute.
        n_minima: of each problem as trained on, (n_problems,).
        gap: regret of its second best minimum, inf where there is none, (n_problems,).
        once: share of starts from which N_DESCENT - 1 steps solve it, (n_problems,).
        long: share of starts from which descent to the largest budget solves it, (n_problems,).
        map: the problem that is drawn.
    """

    solvers: Solvers
    n_minima: np.ndarray
    gap: np.ndarray
    once: np.ndarray
    long: np.ndarray
    map: Map


def measure(datasets: Mapping[str, xarray.Dataset]) -> Multimodal:
    """Quality by compute, and basins counted in float64.

    Args:
        datasets: as `measure_family` takes them.
    """
    config = store.config_of(datasets["direct"])
    sizes = (int(config[f"data.data.{key}"]) for key in ("n_features", "n_held_out"))
    n_features, n_held_out = sizes
    make = jax.jit(held_out_problems, static_argnums=(0, 1, 2))
    wells = wells_of(np.asarray(make("multimodal", n_features, n_held_out))[:n_held_out])
    minima, mean = wells.minima(), wells.mean()
    best = np.array([each[0] for each in minima])
    second = np.array([each[1] if len(each) > 1 else np.inf for each in minima])
    step_size = float(datasets["direct"]["step_size"].to_numpy().flat[0])
    solvers = measure_family("multimodal", datasets)
    longest = 2 ** (len(solvers.direct["gradient"].flops) - 2)
    low = best + SOLVED * (mean - best)
    x = np.random.default_rng(0).uniform(-1, 1, (len(best), N_STARTS, 2))
    x, values = wells.descended(x, step_size, N_DESCENT - 1)
    _, at_end = wells.descended(x, step_size, longest - N_DESCENT + 1)
    n_minima = np.array([len(each) for each in minima])
    return Multimodal(
        solvers=solvers,
        n_minima=n_minima,
        gap=(second - best) / (mean - best),
        once=(values <= low[:, None]).mean(1),
        long=(at_end <= low[:, None]).mean(1),
        map=_mapped(wells, int(np.argmax(n_minima >= 3)), low, step_size, longest),
    )


def _mapped(wells: Wells, number: int, low: np.ndarray, step_size: float, n_steps: int) -> Map:
    """One of the problems."""
    one = Wells(*(each[number : number + 1] for each in wells))
    side = np.linspace(-1, 1, N_MAP)
    x = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(1, -1, 2)
    _, found = one.descended(x, step_size, n_steps)
    shape = (N_MAP, N_MAP)
    return Map(side, one.at(x)[0].reshape(shape), (found <= low[number]).reshape(shape))


def unsolved(curve: Curve, at: int) -> float:
    """Share of the problems as trained on that are not solved at a point."""
    return float((curve.regret[:, 0, :, at] > SOLVED).mean())
