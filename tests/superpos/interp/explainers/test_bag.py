"""Ridge regression on the token and those near it, against scikit-learn."""

import numpy as np
import pytest

from superpos.interp.explainers import bag
from superpos.interp.explainers.bag import ridge, window_sums
from tests.superpos.interp.latents import (
    BEFORE,
    BY_BIGRAM,
    BY_TOKEN,
    CONTEXTS,
    LENGTH,
    N_TOKENS,
    VOCABULARY,
    generator,
    noise,
)


def near(before: int, after: int) -> np.ndarray:
    """How often each token is near each place, with loops: (n, length, n_tokens)."""
    one_hot = np.eye(N_TOKENS)[CONTEXTS.tokens]
    sums = np.zeros_like(one_hot)
    for place in range(LENGTH):
        for other in range(max(place - before, 0), min(place + after + 1, LENGTH)):
            sums[:, place] += one_hot[:, other] if other != place else 0
    return sums


@pytest.mark.parametrize(("before", "after"), [(8, 0), (3, 2), (0, 0), (40, 40)])
def test_sums_over_windows_stay_in_their_context(before: int, after: int) -> None:
    values = CONTEXTS.tokens == 2
    found = window_sums(values.astype(float), before, after)
    np.testing.assert_allclose(found, near(before, after)[..., 2], atol=1e-12)


@pytest.mark.parametrize(("before", "after"), [(8, 0), (2, 2)])
def test_it_is_ridge_regression(before: int, after: int) -> None:
    learn = pytest.importorskip("sklearn.linear_model")
    values = 2 + noise(generator(), 0.3) + BY_TOKEN + (near(before, after)[..., BEFORE] > 0)
    own = np.eye(N_TOKENS)[CONTEXTS.tokens]
    design = np.concatenate([own, near(before, after)], axis=-1).reshape(-1, 2 * N_TOKENS)
    mean = values.mean()
    scale = np.sqrt(np.repeat([3.0, 70.0], N_TOKENS))  # a penalty of 1 on what is so scaled
    model = learn.Ridge(alpha=1.0, fit_intercept=False).fit(design / scale, values.ravel() - mean)
    weights = ridge(CONTEXTS.tokens, values - mean, before, after, (3.0, 70.0))
    np.testing.assert_allclose(weights, model.coef_ / scale, atol=0.01)
    explain = bag(
        vocabulary=VOCABULARY, before=before, after=after, own_penalty=3.0, near_penalty=70.0
    )
    predicted = explain(CONTEXTS, values, generator()).predict(CONTEXTS).ravel()
    error = np.abs(predicted - mean - model.predict(design / scale))
    # Each weight is written to a sixteenth of itself.
    assert (error <= 0.01 + (mean + design @ np.abs(weights)) / 16).all()


def test_its_bits_count_weights_that_are_not_0_and_its_text_names_the_largest() -> None:
    explanation = bag(vocabulary=VOCABULARY)(CONTEXTS, BY_TOKEN, generator())
    n_weights = 2 * N_TOKENS
    assert explanation.bits == pytest.approx(9 + 0 + (32 + 9 * n_weights) + 40)
    assert " on '42'" in explanation.text


def test_predictions_are_not_negative_and_a_dead_latent_is_0() -> None:
    assert bag(vocabulary=VOCABULARY)(CONTEXTS, BY_BIGRAM, generator()).predict(CONTEXTS).min() == 0
    dead = bag(vocabulary=VOCABULARY)(CONTEXTS, 0 * BY_TOKEN, generator())
    assert (dead.predict(CONTEXTS) == 0).all()
