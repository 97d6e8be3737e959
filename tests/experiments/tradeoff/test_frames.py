"""Numbers of frames that are known: tight ones, pairs, and random directions."""

import numpy as np
import pytest

from experiments.tradeoff.frames.measure import numbers


def test_a_simplex_meets_the_welch_bound_and_is_negative() -> None:
    """The three directions of a triangle: cosines of -1/2, and (3 - 2) / (2 · 2) = 1/4."""
    angles = 2 * np.pi * np.arange(3) / 3
    W = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    np.testing.assert_allclose(numbers(W), (3, 1, 1, 1, 1), rtol=1e-5)


def test_antipodal_pairs_are_tight_but_not_spread() -> None:
    """Σ cos² is 4 over 12 pairs of 4, as 1/3 is the bound; the largest |cos| is 1, not √(1/3)."""
    W = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    np.testing.assert_allclose(numbers(W), (4, 1, np.sqrt(3), 1, 1), rtol=1e-5)


def test_features_of_a_small_norm_are_left_out_of_cosines() -> None:
    W = np.array([[1.0, 0], [-1, 0], [0, 1], [0, 0.01]])
    represented, squared, *_ = numbers(W)
    assert represented == 3
    assert squared == pytest.approx((2 / 6) / ((3 - 2) / (2 * 2)))


def test_nothing_has_no_numbers() -> None:
    assert numbers(np.zeros((4, 2)))[0] == 0
    assert np.isnan(numbers(np.zeros((4, 2)))[1:]).all()
