"""The exact optimum against descent from many starts, and against a search over two weights."""

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from experiments.scherlis.theory import (
    optimal_capacities,
    optimal_loss,
    shared_neuron_loss,
    threshold,
)


def loss_and_gradient(
    flat: np.ndarray, values: np.ndarray, m: int, kurtosis: float
) -> tuple[float, np.ndarray]:
    W = flat.reshape(len(values), m)
    G = W @ W.T
    missed = values - np.diag(G)
    off = G - np.diag(np.diag(G))
    loss = (kurtosis - 1) * (missed**2).sum() + 2 * (off**2).sum()
    return loss, (8 * off @ W - 4 * (kurtosis - 1) * missed[:, None] * W).ravel()


@pytest.mark.parametrize(
    ("decay", "n", "m", "kurtosis"),
    [(0.8, 6, 2, 2.0), (0.8, 6, 2, 5.0), (0.6, 7, 3, 9.0), (0.9, 8, 3, 30.0), (1.0, 5, 2, 6.0)],
)
def test_descent_finds_the_same_optimum(decay: float, n: int, m: int, kurtosis: float) -> None:
    values, rng = decay ** np.arange(n), np.random.default_rng(0)
    arguments = (values, m, kurtosis)
    runs = [
        scipy.optimize.minimize(
            loss_and_gradient, rng.normal(size=n * m), arguments, jac=True, tol=1e-12
        )
        for _ in range(20)
    ]
    best = min(runs, key=lambda run: run.fun)
    expected = optimal_loss(values, n_hidden=m, kurtosis=kurtosis)
    assert best.fun == pytest.approx(expected, rel=1e-6)
    W = best.x.reshape(n, m)
    squared = ((W @ W.T) ** 2).sum(1)
    found = np.divide((W**2).sum(1) ** 2, squared, out=np.zeros(n), where=squared > 1e-12)
    C, _ = optimal_capacities(values, n_hidden=m, kurtosis=kurtosis)
    np.testing.assert_allclose(found, C, atol=1e-3)


@given(
    decay=st.floats(0.5, 1.0),
    n=st.integers(3, 20),
    m=st.integers(1, 2),
    kurtosis=st.floats(1.0, 100.0),
)
def test_capacities_are_ordered_and_add_up(decay: float, n: int, m: int, kurtosis: float) -> None:
    values = decay ** np.arange(n)
    C, level = optimal_capacities(values, n_hidden=m, kurtosis=kurtosis)
    assert np.all(np.diff(C) <= 1e-9)
    assert C.min() >= 0 and C.max() <= 1
    # Near κ = 3 capacities rise from 0 to 1 over no more than a rounding of the level.
    assert C.sum() == pytest.approx(m, abs=1e-3 if abs(kurtosis - 3) > 1e-3 else 1)
    assert level > 0


def test_more_kurtosis_spreads_capacity() -> None:
    values = 0.8 ** np.arange(12)
    shared = [
        np.count_nonzero((C > 0) & (C < 1))
        for C, _ in (optimal_capacities(values, n_hidden=4, kurtosis=k) for k in (2, 4, 8, 16, 99))
    ]
    assert shared[0] == 0
    assert np.all(np.diff(shared) >= 0) and shared[-1] > shared[1] > 0


@pytest.mark.parametrize("kurtosis", [1.5, 3.0, 4.0, 5.0, 8.0])
def test_two_features_in_one_neuron(kurtosis: float) -> None:
    """By a search over both weights, and along the curve of a given capacity."""
    grid = np.linspace(0, 1.1, 441)
    A, B = np.meshgrid(grid**2, grid**2, indexing="ij")
    C = np.linspace(0, 1, 1001)
    for ratio in (0.15, 0.3, 0.6, 0.9):
        losses = (kurtosis - 1) * ((1 - A) ** 2 + (ratio - B) ** 2) + 4 * A * B
        curve = shared_neuron_loss(C, ratio=ratio, kurtosis=kurtosis)
        assert curve.min() == pytest.approx(losses.min(), rel=1e-3)
        exact = optimal_loss(np.array([1.0, ratio]), n_hidden=1, kurtosis=kurtosis)
        assert exact == pytest.approx(losses.min(), rel=1e-3)
        [first, second], _ = optimal_capacities(
            np.array([1.0, ratio]), n_hidden=1, kurtosis=kurtosis
        )
        assert (second > 1e-9) == (ratio > threshold(kurtosis))
        assert C[curve.argmin()] == pytest.approx(first, abs=2e-3)


def test_thresholds_by_hand() -> None:
    np.testing.assert_allclose(threshold([3, 4, 5, 8]), [1, 2 / 3, 1 / 2, 2 / 7])
