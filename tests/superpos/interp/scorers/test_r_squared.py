"""The share of variance that is explained, against scikit-learn."""

import numpy as np
import pytest

from superpos.interp.scorers import r_squared
from tests.superpos.interp.latents import BY_TOKEN, CONTEXTS, explained_by, generator, noise


def test_it_is_that_of_scikit_learn() -> None:
    learn = pytest.importorskip("sklearn.metrics")
    predicted = 0.5 * BY_TOKEN + 0.1 * noise(generator())
    score = r_squared()(CONTEXTS, BY_TOKEN, generator())(explained_by(predicted))
    expected = learn.r2_score(BY_TOKEN.ravel(), predicted.ravel())
    assert score.value == pytest.approx(expected)
    assert (score.floor, score.n) == (0, BY_TOKEN.size)


def test_the_mean_explains_nothing_and_a_latent_that_is_never_active_is_not_scored() -> None:
    mean = explained_by(np.full(BY_TOKEN.shape, BY_TOKEN.mean()))
    assert r_squared()(CONTEXTS, BY_TOKEN, generator())(mean).value == pytest.approx(0)
    assert np.isnan(r_squared()(CONTEXTS, 0 * BY_TOKEN, generator())(mean).value)
