"""Exact returns of the quadratic model, against a search and a difference."""

import numpy as np
import scipy

from experiments.scherlis.theory import optimal_capacities, optimal_loss
from experiments.tradeoff.returns.theory import feature_loss, marginal_return, pinned_loss

VALUES, KURTOSIS, M = 0.7 ** np.arange(5), 8.0, 2
C, F = optimal_capacities(VALUES, n_hidden=M, kurtosis=KURTOSIS)


def test_the_loss_on_a_feature_is_the_least_over_its_size() -> None:
    for c, v in ((0.2, 0.7), (0.9, 0.4)):
        found = scipy.optimize.minimize_scalar(
            lambda g, c=c, v=v: (KURTOSIS - 1) * (v - g) ** 2 + 2 * g**2 * (1 / c - 1)
        )
        np.testing.assert_allclose(feature_loss(c, v, KURTOSIS), found.fun, rtol=1e-8)


def test_losses_on_features_add_up_to_the_optimum() -> None:
    total = feature_loss(C, VALUES, KURTOSIS).sum()
    np.testing.assert_allclose(
        total, optimal_loss(VALUES, n_hidden=M, kurtosis=KURTOSIS), rtol=1e-9
    )


def test_returns_are_the_derivative_and_equal_where_features_share() -> None:
    step = 1e-6
    slope = (feature_loss(C - step, VALUES, KURTOSIS) - feature_loss(C, VALUES, KURTOSIS)) / step
    found = marginal_return(C, VALUES, KURTOSIS)
    np.testing.assert_allclose(found, slope, rtol=1e-4)
    shared = (C > 0) & (C < 1)
    assert shared.sum() > 1
    np.testing.assert_allclose(found[shared], 2 * F**2, rtol=1e-9)
    assert (found[C == 1] >= 2 * F**2).all() and (found[C == 0] <= 2 * F**2).all()


def test_a_capacity_that_is_held_where_it_is_costs_nothing() -> None:
    known = {"n_hidden": M, "kurtosis": KURTOSIS}
    best = optimal_loss(VALUES, **known)
    i = int(np.flatnonzero((C > 0) & (C < 1))[0])
    np.testing.assert_allclose(pinned_loss(i, C[i], VALUES, **known), best, rtol=1e-9)
    assert pinned_loss(i, C[i] - 0.1, VALUES, **known) > best
