"""Exact returns of the quadratic model, against a search and a difference, and whose they are."""

import json

import numpy as np
import pytest
import scipy
import xarray

from experiments.scherlis.theory import optimal_capacities, optimal_loss
from experiments.tradeoff.returns.measure import returns_of
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


@pytest.mark.parametrize(("pinned", "best"), [([0, 1], 2), ([1, 0, 5], 2), ([0], 0)])
def test_returns_are_of_the_model_that_was_trained_on(pinned: list[int], best: int) -> None:
    """Member 1 is the third seed, as the second diverged; what is above the last is the last."""
    W = np.array([[[1.0], [0.0]], [[1.0], [1.0]], [[0.5], [0.5]]])
    loss = np.array([3.0, 1.0, 2.0])
    trained = xarray.Dataset(
        {
            "status": ("seed", ["ok", "diverged@1", "ok"]),
            "loss": (("seed", "step"), loss[:, None]),
            "W": (("seed", "feature", "hidden"), W),
        }
    )
    finished = np.array([0, 2])[np.minimum(pinned, 1)]
    dims = ("model.init.member", "way", "pinned_feature", "seed")
    grid = (len(pinned), 1, 2, 1)
    moved = np.broadcast_to(W[finished][:, None, None, None], (*grid, 2, 1)).copy()
    moved[:, :, :, :, 1] *= 0.8  # less of feature 1, whichever is pinned
    lost = np.broadcast_to(loss[finished][:, None, None, None, None] + 0.5, (*grid, 1))
    config = {
        "model.regularisers.pinned_capacity.coefficient": 0.0,
        "model.importance_decay": 0.7,
    }
    found = returns_of(
        trained,
        xarray.Dataset(
            {
                "status": (dims, np.full(grid, "ok", object)),
                "loss": ((*dims, "step"), lost),
                "W": ((*dims, "feature", "hidden"), moved),
            },
            {
                "model.init.member": pinned,
                "pinned_feature": [0, 1],
                "shift": ("way", [-0.02]),
                "others": ("way", [1.0]),
            },
            {"config": json.dumps(config)},
        ),
    )
    squares = np.square(W[best, :, 0])
    np.testing.assert_allclose(found.capacity, squares / squares.sum(), atol=1e-6)
    if best == 2:  # C_1 falls from 1/2 to 0.64 / 1.64, for 0.5 of the loss
        assert found.returned[1] == pytest.approx(0.5 / (0.5 - 0.64 / 1.64), rel=1e-5)
