"""Latents as detectors of features, against counts in NumPy."""

import numpy as np
import pytest

from superpos import metrics
from superpos.arguments import ArgumentError

RNG = np.random.default_rng(5)
CODE = RNG.normal(size=(2, 50, 6)) * (RNG.uniform(size=(2, 50, 6)) < 0.3)
FACTORS = RNG.uniform(size=(50, 4)) * (RNG.uniform(size=(50, 4)) < 0.4)
MATCHES = np.array([0, 3, 3, 1, 2, 0])
COUNTS = [[3.0, 1.0, 2.0, 4.0], [0.0, 0.0, 5.0, 5.0], [0.0, 2.0, 0.0, 8.0]]
"""A middling latent, a dead one, and one for a feature that is never on."""


def test_counts_are_those_of_a_table_of_four() -> None:
    on, true = CODE != 0, FACTORS[:, MATCHES] > 0
    expected = [on & true, on & ~true, ~on & true, ~on & ~true]
    found = metrics.detection_counts(CODE, FACTORS, MATCHES)
    np.testing.assert_array_equal(found, np.stack([each.sum(1) for each in expected], axis=-1))


def test_counts_are_those_of_float32_whatever_the_code_is() -> None:
    """Float16 goes to 65504, and by steps of 2 from 2048 on."""
    counts = metrics.detection_counts(np.ones((70_001, 1), np.float16), np.ones((70_001, 1)), [0])
    np.testing.assert_array_equal(counts, [[70_001, 0, 0, 0]])


@pytest.mark.parametrize("match", [-1, 4])
def test_a_match_that_is_no_feature_is_refused(match: int) -> None:
    with pytest.raises(ArgumentError, match="^matches: expected numbers of the 4 features of fac"):
        metrics.detection_counts(CODE, FACTORS, [0, 1, match, 1, 2, 0])


def test_rates_by_hand() -> None:
    """One that is undefined is 0."""
    precision, recall = [3 / 4, 0, 0], [3 / 5, 0, 0]
    np.testing.assert_allclose(metrics.latent_precision(COUNTS), precision)
    np.testing.assert_allclose(metrics.latent_recall(COUNTS), recall)
    np.testing.assert_allclose(metrics.latent_f1(COUNTS), [2 * 3 / (2 * 3 + 1 + 2), 0, 0])
    np.testing.assert_allclose(metrics.latent_accuracy(COUNTS), [0.7, 0.5, 0.8])


def test_counts_of_batches_add_up() -> None:
    whole = metrics.detection_counts(CODE, FACTORS, MATCHES)
    parts = [
        metrics.detection_counts(CODE[:, part], FACTORS[part], MATCHES)
        for part in (slice(0, 20), slice(20, 50))
    ]
    np.testing.assert_array_equal(parts[0] + parts[1], whole)


def test_scores_are_those_of_scikit_learn() -> None:
    scores = pytest.importorskip("sklearn.metrics")
    counts = metrics.detection_counts(CODE[0], FACTORS, MATCHES)
    for found, score in (
        (metrics.latent_precision(counts), scores.precision_score),
        (metrics.latent_recall(counts), scores.recall_score),
        (metrics.latent_f1(counts), scores.f1_score),
        (metrics.latent_accuracy(counts), scores.accuracy_score),
    ):
        expected = [
            score(FACTORS[:, feature] > 0, column != 0)
            for feature, column in zip(MATCHES, CODE[0].T, strict=True)
        ]
        np.testing.assert_allclose(found, expected, rtol=1e-6)
