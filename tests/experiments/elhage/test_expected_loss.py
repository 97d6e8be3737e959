"""The expected loss of features of unlike densities, against the exact loss and closed forms."""

import numpy as np
import pytest

from experiments.elhage.expected_loss import expected_loss
from experiments.elhage.phase_change.theory import exact_loss

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("n", "m"), [(2, 1), (3, 2)])
def test_it_is_the_exact_loss_where_densities_are_alike(n: int, m: int) -> None:
    W, b = RNG.normal(size=(20, n, m)), RNG.normal(scale=0.3, size=(20, n))
    p = RNG.uniform(0.05, 1, 20)
    exact = exact_loss(W, b, density=p, importance=np.ones(n))
    np.testing.assert_allclose(expected_loss(W, b, p[:, None] * np.ones(n)), exact, rtol=2e-3)


def test_features_that_are_not_represented_cost_their_second_moment() -> None:
    p = np.array([[0.3, 0.05, 1.0]])
    loss = expected_loss(np.zeros((1, 3, 2)), np.zeros((1, 3)), p)
    np.testing.assert_allclose(loss, p.sum() / 3, rtol=1e-4)


def test_a_pair_errs_only_where_both_are_on() -> None:
    """Each by E[min(x_i, x_j)²] = 1/6; the third feature is ignored."""
    W = np.array([[[1.0], [-1.0], [0.0]]])
    p = np.array([[0.3, 0.05, 0.2]])
    expected = 0.3 * 0.05 / 6 * 2 + 0.2 / 3
    np.testing.assert_allclose(expected_loss(W, np.zeros((1, 3)), p), expected, rtol=1e-3)


def test_order_of_the_features_does_not_matter() -> None:
    W, b = RNG.normal(size=(4, 3, 2)), RNG.normal(size=(4, 3))
    p, order = RNG.uniform(0.1, 0.9, (4, 3)), [2, 0, 1]
    changed = expected_loss(W[:, order], b[:, order], p[:, order])
    np.testing.assert_allclose(changed, expected_loss(W, b, p), rtol=5e-3)


def test_correlated_sets_are_on_together() -> None:
    """One dimension for the sum of a pair: of x and y on together, (x - y)²/2 is lost, 1/12."""
    W = np.full((1, 2, 1), np.sqrt(0.5))
    loss = expected_loss(W, np.zeros((1, 2)), np.array([[0.3]]), set_size=2)
    np.testing.assert_allclose(loss, 0.3 / 12, rtol=2e-3)
