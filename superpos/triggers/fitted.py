"""A law of loss over compute, fitted to runs of the baseline, with its uncertainty."""

import math
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from superpos.triggers.law import LossLaw

SHARES = (0.0, 0.5, 0.9, 0.99)
"""Of the least loss: irreducible losses from which a fit starts."""
LEAST = 0.01
"""Exponent: below it a loss that falls says nothing of compute."""
MOST_LOG = 600.0
"""Logarithm of a scale that is a float64."""
LEAST_BUDGETS = 4
"""One more than the law has parameters."""


def fit_law(compute: Any, loss: Any, *, loss_se: Any = None, reach: float = 100.0) -> LossLaw:
    """Fit L(C) = irreducible + (scale / C)^exponent by least squares.

    Args:
        compute: of each budget, (budgets,), at least 4 distinct ones > 0.
        loss: at each, (budgets,), > 0, finite, lower at the largest budget than at the least.
        loss_se: standard errors by which residuals are divided, (budgets,), > 0; None fits the
            logarithm of the loss.
        reach: effective compute is read off up to so many times the largest budget, >= 1, finite.

    Returns:
        The law, fitted_to the largest budget.

    Raises:
        ValueError: too few budgets, numbers out of range, or no power law; one line.
    """
    C, L, se = _checked(compute, loss, loss_se)
    if not 1 <= reach < math.inf:
        raise ValueError(f"reach={reach}: expected a number in [1, inf)")
    middle = float(np.exp(np.log(C).mean()))
    x = np.log(C / middle)

    def predicted(p: np.ndarray) -> np.ndarray:
        return p[0] * L.min() + np.exp(p[1] - p[2] * x)

    def residuals(p: np.ndarray) -> np.ndarray:
        return np.log(predicted(p) / L) if se is None else (predicted(p) - L) / se

    fits = []
    for share in SHARES:
        slope, level = np.polyfit(x, np.log(L - share * L.min()), 1)
        begun = [share, level, min(max(-slope, 2 * LEAST), 20.0)]
        bounds = [(0.0, -np.inf, LEAST), (1.0, np.inf, 50.0)]
        fits.append(least_squares(residuals, begun, bounds=bounds, x_scale=(0.1, 0.1, 0.1)))
    share, level, exponent = min(fits, key=lambda fit: fit.cost).x
    scale = math.log(middle) + level / exponent
    if abs(scale) > MOST_LOG:
        raise ValueError("loss: expected one that falls as a power of compute")
    return LossLaw(
        irreducible=float(share * L.min()),
        scale=math.exp(scale),
        exponent=float(exponent),
        most=reach * float(C.max()),
        fitted_to=float(C.max()),
    )


def bootstrap(
    compute: Any, loss: Any, *, n_draws: int, seed: int, reach: float = 100.0
) -> list[LossLaw]:
    """Laws fitted to means over seeds that are drawn again, with replacement.

    A seed is drawn with its losses at all budgets, which may be those of one run.

    Args:
        compute: of each budget, (budgets,).
        loss: at each of each seed, (budgets, seeds), at least 2 seeds.
        n_draws: laws, >= 1.
        seed: of the draws.
        reach: as in `fit_law`.

    Returns:
        The laws; quantiles of what is read off them are an interval.

    Raises:
        ValueError: as `fit_law`, or there is one seed alone.
    """
    losses, rng = np.asarray(loss, float), np.random.default_rng(seed)
    if losses.ndim != 2 or losses.shape[1] < 2:
        raise ValueError(
            f"loss of shape {losses.shape}: expected (budgets, seeds), 2 seeds or more"
        )
    draws = rng.integers(losses.shape[1], size=(n_draws, losses.shape[1]))
    return [fit_law(compute, losses[:, each].mean(1), reach=reach) for each in draws]


def _checked(compute: Any, loss: Any, loss_se: Any) -> tuple[Any, Any, Any]:
    """The arrays as float64, (budgets,) each.

    Raises:
        ValueError: one line.
    """
    C, L = np.asarray(compute, float), np.asarray(loss, float)
    se = None if loss_se is None else np.asarray(loss_se, float)
    for name, array in (("compute", C), ("loss", L), ("loss_se", se)):
        if array is None:
            continue
        if array.shape != C.shape or C.ndim != 1:
            raise ValueError(f"{name} of shape {array.shape}: expected (budgets,), as compute has")
        if not (np.isfinite(array) & (array > 0)).all():
            raise ValueError(f"{name}: expected numbers in (0, inf)")
    if len(np.unique(C)) < LEAST_BUDGETS:
        raise ValueError(f"compute: {len(np.unique(C))} budgets, expected {LEAST_BUDGETS} or more")
    if not L[C.argmax()] < L[C.argmin()]:
        raise ValueError("loss: expected one that falls from the least to the largest budget")
    return C, L, se
