"""Correlations and rates, against SciPy and scikit-learn."""

import numpy as np
import pytest
from scipy import stats

from superpos.interp import statistics

RNG = np.random.default_rng(1)
A = RNG.integers(6, size=80).astype(float)
B = A + RNG.normal(size=80) * 2
WEIGHTS = RNG.integers(1, 5, size=80)
ONES = np.ones(80)


def test_ranks_with_equal_weights_are_scipys() -> None:
    found = statistics.weighted_ranks(A, ONES)
    np.testing.assert_allclose(found + 0.5, stats.rankdata(A))


def test_correlations_with_equal_weights_are_scipys() -> None:
    rank, moment = stats.spearmanr(A, B).statistic, stats.pearsonr(A, B).statistic
    assert statistics.spearman(A, B, ONES) == pytest.approx(rank)
    assert statistics.spearman(A, B, 3 * ONES) == pytest.approx(rank)
    assert statistics.correlation(A, B) == pytest.approx(moment)
    assert statistics.correlation(A, B, ONES) == pytest.approx(moment)


def test_a_weight_of_n_counts_an_example_n_times() -> None:
    a, b = np.repeat(A, WEIGHTS), np.repeat(B, WEIGHTS)
    assert statistics.spearman(A, B, WEIGHTS) == pytest.approx(stats.spearmanr(a, b).statistic)
    assert statistics.correlation(A, B, WEIGHTS) == pytest.approx(stats.pearsonr(a, b).statistic)


def test_a_constant_prediction_is_0_and_a_constant_truth_nan() -> None:
    for correlate in (statistics.correlation, statistics.spearman):
        assert correlate(0.1 * ONES, B, WEIGHTS) == 0
        assert np.isnan(correlate(A, 0.1 * ONES, WEIGHTS))


def test_a_perfect_prediction_is_1_with_ties() -> None:
    assert statistics.spearman(A**3, A, WEIGHTS) == pytest.approx(1, abs=1e-12)
    assert statistics.spearman(-A, A, WEIGHTS) == pytest.approx(-1, abs=1e-12)


def test_rates_are_scikit_learns() -> None:
    learn = pytest.importorskip("sklearn.metrics")
    labels = RNG.random(80) < stats.norm.cdf(B - 3)
    assert statistics.auroc(A, labels) == pytest.approx(learn.roc_auc_score(labels, A))
    thresholds = [-np.inf, *(np.arange(5) + 0.5)]
    scores = [learn.balanced_accuracy_score(labels, t < A) for t in thresholds]
    assert statistics.best_threshold(A, labels) == thresholds[int(np.argmax(scores))]


def test_balanced_accuracy_decides_each_half_by_the_other() -> None:
    """Every second example of a class is in the first half, whose scores are 10 larger here."""
    labels = np.repeat([True, False], [6, 4])
    scores = np.array([12, 2, 13, 3, 14, 4, 11, 1, 10, 0.0])
    assert statistics.auroc(scores, labels) == pytest.approx((3 * 4 + 3 * 2) / 24)
    # The second half is best parted at 1.5, below which none of the first is; the first at 11.5.
    assert statistics.balanced_accuracy(scores, labels) == pytest.approx(((3 + 0) / 6 + 2 / 4) / 2)


def test_all_scores_the_same_are_at_the_floor() -> None:
    labels = np.repeat([True, False], [7, 13])
    assert statistics.auroc(np.full(20, 0.3), labels) == 0.5
    assert statistics.balanced_accuracy(np.full(20, 0.3), labels) == 0.5


def test_scores_that_part_the_classes_are_at_1() -> None:
    labels = np.repeat([True, False], [7, 13])
    assert statistics.auroc(labels * 1.0, labels) == 1
    assert statistics.balanced_accuracy(labels * 1.0, labels) == 1
