"""The least loss of three directions in a plane, beside direct minimisation and other formulas."""

import numpy as np
import pytest
import scipy

from experiments.traps import theory

OCCUPANCIES = (0.0, 0.1, 0.25, 0.37, 0.39, 0.42, 0.5, 0.55, 0.61, 0.63, 0.8, 1.0)


def overlaps_of(angles: np.ndarray) -> np.ndarray:
    a, b = angles
    return np.cos([a - b, a, b]) ** 2


def minimised(p: float) -> tuple[float, np.ndarray]:
    """The least of a few descents, and its overlaps; the third direction is the axis."""
    rng = np.random.default_rng(0)
    starts = rng.uniform(0, np.pi, (12, 2))

    def loss(angles: np.ndarray) -> float:
        return float(np.dot([p, 1.0, 1 - p], overlaps_of(angles)))

    options = {"gtol": 1e-11}
    found = [scipy.optimize.minimize(loss, each, method="BFGS", options=options) for each in starts]
    best = min(found, key=lambda each: each.fun)
    return float(best.fun), overlaps_of(best.x)


@pytest.mark.parametrize("p", OCCUPANCIES)
def test_the_closed_form_is_the_minimum(p: float) -> None:
    least, overlaps = minimised(p)
    np.testing.assert_allclose(theory.least_loss(p), least, atol=1e-10)
    np.testing.assert_allclose(theory.best_overlaps(p), overlaps, atol=1e-4)


def test_the_closed_form_is_that_of_the_paper() -> None:
    p = np.linspace(0, 1, 101)
    with np.errstate(divide="ignore"):
        q = p * (1 - p)
        between = 1.5 - (q + 1 / q) / 4
    expected = np.where(p <= theory.LOWER, p, np.where(p >= theory.UPPER, 1 - p, between))
    np.testing.assert_allclose(theory.least_loss(p), expected, atol=1e-12)
    assert theory.least_loss(0.5) == pytest.approx(0.4375, abs=1e-12)


def test_pairs_share_a_direction_up_to_the_boundaries() -> None:
    step = 1e-6
    below, above = theory.best_overlaps([theory.LOWER - step, theory.LOWER + step])
    np.testing.assert_array_equal(below, [1, 0, 0])
    assert below[0] > above[0] > 1 - 1e-4
    above, below = theory.best_overlaps([theory.UPPER + step, theory.UPPER - step])
    np.testing.assert_array_equal(above, [0, 0, 1])
    assert above[2] > below[2] > 1 - 1e-4
    np.testing.assert_allclose([theory.LOWER, theory.UPPER], [0.381966, 0.618034], atol=1e-6)


@pytest.mark.parametrize("p", [0.1, 0.42, 0.5, 0.6, 0.9])
def test_the_slope_of_the_least_loss_is_the_excess_of_e(p: float) -> None:
    """By the envelope theorem, as the loss is linear in p."""
    step = 1e-6
    slope = (theory.least_loss(p + step) - theory.least_loss(p - step)) / (2 * step)
    assert theory.excess_of_e(theory.best_overlaps(p)) == pytest.approx(slope, abs=1e-8)


def test_the_separator_is_where_the_bonus_pays_for_the_excess() -> None:
    assert theory.separator(0.0) == pytest.approx(0.5)
    for bonus in (-0.9, 0.15, 0.5):
        excess = theory.excess_of_e(theory.best_overlaps(theory.separator(bonus)))
        assert excess == pytest.approx(bonus, abs=1e-9)
    assert theory.LOWER < theory.separator(0.5) < theory.separator(0.15) < 0.5
