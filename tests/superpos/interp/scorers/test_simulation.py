"""Correlations of predicted with true activations, on samples that stand for all tokens."""

import numpy as np
import pytest
from scipy import stats

from superpos.arguments import ArgumentError
from superpos.interp.scorers import pearson, simulation
from superpos.interp.scorers.simulation import draw
from tests.superpos.interp.latents import BY_TOKEN, CONTEXTS, explained_by, generator, noise

PEAKS = np.where(np.arange(3000) % 50 == 0, np.random.default_rng(2).exponential(size=3000), 0)
"""Of one example in fifty above 0."""


def test_half_of_the_examples_are_active_and_the_weights_undo_it() -> None:
    """The weighted sum is unbiased: of the peaks and of any other function, here of the place."""
    place = np.arange(3000) / 3000
    sums, means = [], []
    for seed in range(800):
        drawn, weights = draw(PEAKS, generator(seed), n=60, n_intervals=10)
        assert (PEAKS[drawn[:30]] > 0).all()
        sums.append([(weights * f[drawn]).sum() for f in (PEAKS, place, np.ones(3000))])
        means.append(PEAKS[drawn].mean())
    error = np.std(sums, axis=0) / np.sqrt(len(sums))
    assert (np.abs(np.mean(sums, axis=0) - [PEAKS.mean(), place.mean(), 1]) < 4 * error).all()
    assert np.mean(means) > 20 * PEAKS.mean()  # without weights it is another world


def test_each_interval_has_as_many_examples() -> None:
    drawn, _ = draw(np.arange(1.0, 1001), generator(), n=60, n_intervals=10)
    np.testing.assert_array_equal(np.bincount(drawn[:30] // 100), np.full(10, 3))


def test_all_are_drawn_at_random_where_none_is_active() -> None:
    drawn, weights = draw(np.zeros(50), generator(), n=7, n_intervals=10)
    assert len(drawn) == 7
    np.testing.assert_allclose(weights, 1 / 7)


def test_a_large_sample_has_the_correlation_of_all_tokens_and_without_weights_has_not() -> None:
    rng = generator(4)
    true = noise(rng, density=0.02)
    predicted = true + rng.exponential(0.3, true.shape) + 0.1 * (rng.random(true.shape) < 0.1)
    everything = stats.spearmanr(predicted.ravel(), true.ravel()).statistic
    found = simulation(n_examples=20_000)(CONTEXTS, true, rng)(explained_by(predicted)).value
    assert found == pytest.approx(everything, abs=0.015)
    rows, _ = draw(true.reshape(-1, 9).max(1), rng, n=20_000, n_intervals=10)
    sample = [values.reshape(-1, 9)[rows].ravel() for values in (predicted, true)]
    assert stats.spearmanr(*sample).statistic > everything + 0.1


def test_a_perfect_prediction_is_1_and_a_constant_one_0() -> None:
    for scorer in (simulation(), pearson()):
        assert scorer(CONTEXTS, BY_TOKEN, generator())(explained_by(BY_TOKEN)).value == (
            pytest.approx(1, abs=1e-12)
        )
        constant = explained_by(np.full(BY_TOKEN.shape, 0.3))
        score = scorer(CONTEXTS, BY_TOKEN, generator())(constant)
        assert (score.value, score.floor) == (0, 0)
        assert np.isnan(scorer(CONTEXTS, 0 * BY_TOKEN, generator())(constant).value)


def test_a_sample_of_60_examples_of_9_tokens_is_what_it_rests_on() -> None:
    assert simulation()(CONTEXTS, BY_TOKEN, generator())(explained_by(BY_TOKEN)).n == 60
    assert pearson()(CONTEXTS, BY_TOKEN, generator())(explained_by(BY_TOKEN)).n == BY_TOKEN.size


def test_an_example_is_predicted_within_its_whole_context() -> None:
    """Each row is asked as a whole, and cut afterwards as the truth is: the last 2 x 7 tokens."""
    place = np.arange(BY_TOKEN.size, dtype=float).reshape(BY_TOKEN.shape)
    score = simulation(n_tokens=7, n_examples=500)(CONTEXTS, place, generator())(
        explained_by(place)
    )
    assert score.value == pytest.approx(1, abs=1e-12)


def test_pearson_is_scipys() -> None:
    true, predicted = noise(generator(1)), noise(generator(2))
    expected = stats.pearsonr(predicted.ravel(), true.ravel()).statistic
    score = pearson()(CONTEXTS, true, generator())(explained_by(predicted))
    assert score.value == pytest.approx(expected)


def test_contexts_shorter_than_an_example_are_refused() -> None:
    with pytest.raises(ArgumentError, match="^n_tokens=19: expected at most the 18 of a context"):
        simulation(n_tokens=19)(CONTEXTS, BY_TOKEN, generator())(explained_by(BY_TOKEN))
