"""Numbers of which there may be none, or that do not vary."""

from collections.abc import Sequence

import numpy as np
import scipy


def mean(values: np.ndarray | Sequence[float]) -> float | None:
    """The mean; None of no values."""
    return float(np.mean(values)) if len(values) else None


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation; nan where one does not vary."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return np.nan
    return float(np.asarray(scipy.stats.spearmanr(a, b))[0])


def wilson(hits: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval of a share, of hits among n; from 0 to 1 where n is 0."""
    known = [
        scipy.stats.binomtest(int(k), int(of)).proportion_ci(method="wilson") if of else (0.0, 1.0)
        for k, of in zip(hits, n, strict=True)
    ]
    low, high = np.transpose(known)
    return low, high
