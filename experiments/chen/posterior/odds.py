"""Log odds of the hexagon against the pentagon: counted, integrated, and by the theory."""

import numpy as np

from experiments.chen import theory
from experiments.chen.posterior.measure import Chains

PENTAGON, HEXAGON = 5, 6


def log_odds(chains: Chains, n: float) -> np.ndarray:
    """Log odds at one n, counted at the least B and integrated from there, (data sets,)."""
    rows = chains.ladder(n)
    energies = np.array([energy(chains, row) for row in rows])
    steps = np.diff(chains.B[rows])[:, None]
    return counted(chains, rows[0]) - (steps * (energies[1:] + energies[:-1]) / 2).sum(0)


def counted(chains: Chains, row: int) -> np.ndarray:
    """Log odds by counting draws, with half a draw of each polygon more, (data sets,)."""
    counts = [
        [np.sum(chains.k[row, chains.data == data] == k) + 0.5 for k in (HEXAGON, PENTAGON)]
        for data in np.unique(chains.data)
    ]
    return np.log(np.array(counts)) @ np.array([1.0, -1.0])


def energy(chains: Chains, row: int) -> np.ndarray:
    """Mean loss at a hexagon minus that at a pentagon, (data sets,).

    Blocks count that begin and end at the same polygon. A data set where one of them is not met has
    the mean of the others, or nan where there are none.
    """
    found = []
    for data in np.unique(chains.data):
        k, before, loss = (
            values[row, chains.data == data] for values in (chains.k, chains.before, chains.loss)
        )
        at = [loss[(k == kind) & (before == kind)] for kind in (HEXAGON, PENTAGON)]
        found.append(at[0].mean() - at[1].mean() if all(part.size for part in at) else np.nan)
    gaps = np.array(found)
    met = ~np.isnan(gaps)
    return np.where(met, gaps, gaps[met].mean()) if met.any() else gaps


def expected_log_odds(n: np.ndarray) -> np.ndarray:
    """Log odds by the free energies n L + λ log n + ½‖w*‖²: n (...) -> (...)."""
    five, six = "5", "6"
    d_loss = theory.level(six) - theory.level(five)
    d_norm = theory.half_norm(six) - theory.half_norm(five)
    return -(n * d_loss + (theory.LLC[six] - theory.LLC[five]) * np.log(n) + d_norm)
