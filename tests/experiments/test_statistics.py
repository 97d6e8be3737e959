"""Numbers of nothing, and of what does not vary."""

import numpy as np
import pytest
import scipy

from experiments.statistics import mean, spearman, wilson


def test_a_constant_has_no_rank_correlation():
    assert np.isnan(spearman(np.arange(3), np.ones(3)))
    assert spearman(np.arange(4), np.array([1, 3, 2, 9])) == pytest.approx(0.8)


def test_there_is_no_mean_of_nothing():
    assert mean([]) is None
    assert mean(np.array([1.0, 2.0])) == 1.5


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (7, 10), (50, 1000)])
def test_intervals_are_those_of_scipy(hits, n):
    expected = scipy.stats.binomtest(hits, n).proportion_ci(method="wilson")
    low, high = wilson(np.array([hits]), np.array([n]))
    np.testing.assert_allclose([low[0], high[0]], [expected.low, expected.high], atol=1e-6)
