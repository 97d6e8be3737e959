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
