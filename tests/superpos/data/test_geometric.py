"""Features of a frequency that falls by a fixed ratio."""

import numpy as np
import pytest
import scipy

from superpos.arguments import ArgumentError
from superpos.data import geometric
from superpos.data.geometric import _covariance_factors
from tests.superpos.data.laws import drawn, is_uniform, rate_is

N = 30_000


def test_frequencies_fall_and_no_example_is_empty() -> None:
    """An empty example has one feature of value 1, each equally likely."""
    n, decay, mean = 20, 0.8, 2.0
    values = drawn(geometric(n_features=n, mean_active=mean, decay=decay), N)
    p = mean * decay ** np.arange(n) / (decay ** np.arange(n)).sum()
    assert (values != 0).any(1).all()
    made_up = values == 1
    empty = np.prod(1 - p)
    assert rate_is(made_up.any(1), empty)
    for column, share in zip(values.T, p, strict=True):
        assert rate_is(column == 1, empty / n)
        drawn_on = (column != 0) & (column != 1)
        assert rate_is(drawn_on, share)
        assert is_uniform(column[drawn_on])


def test_the_published_size_has_five_features_on() -> None:
    values = drawn(geometric(n_features=512, mean_active=5.0, decay=0.99), 2000)
    p = 5 * 0.99 ** np.arange(512) * 0.01 / (1 - 0.99**512)
    count = (values != 0).sum(1) - (values == 1).any(1)
    assert abs(count.mean() - 5) < 5 * ((p * (1 - p)).sum() / 2000) ** 0.5


def test_correlated_examples_keep_their_mean_and_come_together_as_probabilities_do() -> None:
    """The covariances of on and off are those of the probabilities, here by sampling in NumPy."""
    n, mean = 12, 4.0
    values = drawn(geometric(n_features=n, mean_active=mean, decay=0.9, correlated=True), N)
    on = np.float64((values != 0) & (values != 1))
    z = np.random.default_rng(1).normal(size=(200_000, n)) @ _covariance_factors(0, n).T
    p = scipy.special.ndtr(z) * 0.9 ** np.arange(n)
    p = np.minimum(mean * p / p.sum(1, keepdims=True), 1.0)
    deviations = (p * (1 - p)).mean(0)
    assert (np.abs(on.mean(0) - p.mean(0)) < 6 * np.sqrt(deviations / N) + 3e-3).all()
    above = np.triu_indices(n, 1)
    np.testing.assert_allclose(np.cov(on.T)[above], np.cov(p.T)[above], atol=0.006)
    assert np.abs(np.cov(p.T)[above]).max() > 0.012


def test_the_covariance_is_positive_with_the_uniforms_off_its_diagonal() -> None:
    factors = np.float64(_covariance_factors(0, 30))
    covariance = factors @ factors.T
    off = covariance[~np.eye(30, dtype=bool)]
    assert off.min() > -1e-4 and off.max() < 1
    assert off.mean() == pytest.approx(0.5, abs=0.05)


def test_more_features_than_there_are_cannot_be_on() -> None:
    with pytest.raises(ArgumentError, match="^mean_active=6: expected at most n_features=5$"):
        geometric(n_features=5, mean_active=6, decay=0.9)
