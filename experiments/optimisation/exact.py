"""Exact references in float64: the best value of each problem, and the values of all answers."""

from typing import NamedTuple

import numpy as np

from experiments.optimisation.families import (
    FAMILIES,
    LEAST_GAP,
    FamilyName,
    all_cuts,
    unknowns_of,
)
from experiments.optimisation.minima import wells_of

MOST_REGRET = 1e6
"""Relative regret of answers that are no better, or that are no numbers."""


class Reference(NamedTuple):
    """Of some problems.

    Attributes:
        best: f*, (n_problems,).
        baseline: f₀, (n_problems,).
        every: values of all answers in order, (n_problems, n_answers); None where they are not
            finitely many.
    """

    best: np.ndarray
    baseline: np.ndarray
    every: np.ndarray | None

    def regret(self, values: np.ndarray) -> np.ndarray:
        """Relative regret of values of answers, (..., n_problems, n_budgets)."""
        best, base = self.best[:, None], self.baseline[:, None]
        gap = np.maximum(base - best, LEAST_GAP)
        found = np.nan_to_num((values - best) / gap, nan=MOST_REGRET)
        return np.clip(found, 0, MOST_REGRET)

    def power(self, values: np.ndarray) -> np.ndarray:
        """Optimisation power: -log2 of the share of answers that are as good, of the same shape.

        Source: Yudkowsky 2008, Measuring Optimization Power.
        """
        assert self.every is not None
        slack = 1e-5 * (self.baseline - self.best)  # of float32
        share = [
            np.searchsorted(every, each + by, side="right") / len(every)
            for every, each, by in zip(self.every, np.moveaxis(values, -2, 0), slack, strict=True)
        ]
        return np.moveaxis(-np.log2(share), 0, -2)


def reference(family: FamilyName, problems: np.ndarray) -> Reference:
    """The reference of problems, (n_problems, n_features)."""
    c = problems.astype(float)
    n = unknowns_of(FAMILIES[family], family, c.shape[1])
    if family == "multimodal":
        wells = wells_of(c)
        return Reference(np.array([each[0] for each in wells.minima()]), wells.mean(), None)
    return _quadratics(c, n) if family == "quadratics" else _cuts(c, n)


def _quadratics(c: np.ndarray, n: int) -> Reference:
    A, b = np.zeros((len(c), n, n)), c[:, -n:]
    rows, columns = np.triu_indices(n)
    A[:, rows, columns] = A[:, columns, rows] = c[:, :-n]
    x = np.linalg.solve(A, b[..., None])[..., 0]
    return Reference(-(b * x).sum(-1) / 2, np.zeros(len(c)), None)


def _cuts(c: np.ndarray, n: int) -> Reference:
    x = all_cuts(n).astype(float)
    rows, columns = np.triu_indices(n, 1)
    apart = (x[:, rows] != x[:, columns]).astype(float)
    every = np.sort(-(c @ apart.T), axis=1)
    return Reference(every[:, 0], every.mean(1), every)
