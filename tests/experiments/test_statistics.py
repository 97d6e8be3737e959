"""Numbers of nothing, and of what does not vary."""

import numpy as np
import pytest

from experiments.statistics import mean, spearman


def test_a_constant_has_no_rank_correlation():
    assert np.isnan(spearman(np.arange(3), np.ones(3)))
    assert spearman(np.arange(4), np.array([1, 3, 2, 9])) == pytest.approx(0.8)


def test_there_is_no_mean_of_nothing():
    assert mean([]) is None
    assert mean(np.array([1.0, 2.0])) == 1.5
