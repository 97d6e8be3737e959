"""Activations by token: hand examples, and NumPy and SciPy in float64."""

import numpy as np
import pytest
from scipy.stats import entropy

from superpos import metrics
from superpos.arguments import ArgumentError

RNG = np.random.default_rng(5)
N_TOKENS = 7
TOKENS = RNG.integers(0, N_TOKENS, size=60)
CODE = np.where(RNG.random((60, 4)) < 0.4, RNG.normal(size=(60, 4)), 0)
CODE[:, 3] = 0
HAND = [[2.0, 0.0], [1.0, 0.0], [-1.0, 0.0]]
"""Of tokens 0, 1, 0: three of four parts on token 0."""


def masses(code: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """(n_latents, n_tokens), one by one."""
    found = np.zeros((code.shape[1], N_TOKENS))
    for row, token in zip(code, tokens, strict=True):
        found[:, token] += np.abs(row)
    return found


def test_masses_and_what_is_made_of_them_by_hand() -> None:
    given = {"code": HAND, "tokens": [0, 1, 0], "n_tokens": 3}
    assert metrics.token_masses(**given).tolist() == [[3, 1, 0], [0, 0, 0]]
    assert metrics.largest_token_share(**given).tolist() == [0.75, 0]
    expected = -0.75 * np.log(0.75) - 0.25 * np.log(0.25)
    np.testing.assert_allclose(metrics.token_entropy(**given), [expected, 0], rtol=1e-6)
    assert float(metrics.single_token_share(**given)) == 0
    assert float(metrics.single_token_share(**given, threshold=0.75)) == 1  # of those ever on


def test_masses_and_entropies_are_those_of_numpy() -> None:
    expected = masses(CODE, TOKENS)
    given = {"code": CODE, "tokens": TOKENS, "n_tokens": N_TOKENS}
    np.testing.assert_allclose(metrics.token_masses(**given), expected, rtol=1e-5)
    nats = [*entropy(expected[:3], axis=1), 0]
    np.testing.assert_allclose(metrics.token_entropy(**given), nats, rtol=1e-5)
    shares = expected[:3].max(1) / expected[:3].sum(1)
    threshold = float(np.sort(shares)[1]) - 1e-3
    found = metrics.single_token_share(**given, threshold=threshold)
    assert float(found) == pytest.approx(2 / 3)


def test_a_latent_that_is_always_on_has_the_entropy_of_the_text() -> None:
    found = metrics.token_entropy(np.full((60, 1), 0.3), TOKENS, n_tokens=N_TOKENS)
    np.testing.assert_allclose(found, [entropy(np.bincount(TOKENS))], rtol=1e-5)
    one = metrics.token_entropy((TOKENS == 2)[:, None], TOKENS, n_tokens=N_TOKENS)
    assert one.tolist() == [0]


def test_the_entropy_in_the_contexts_of_the_largest_activations() -> None:
    contexts, activations = TOKENS.reshape(12, 5), CODE.reshape(12, 5, 4)
    expected = []
    for latent in range(3):
        rows = np.argsort(-np.abs(activations[:, :, latent]).max(1), kind="stable")[:4]
        one = masses(activations[rows][..., latent].reshape(-1, 1), contexts[rows].ravel())
        expected.append(entropy(one[0]))
    found = metrics.top_token_entropy(activations, contexts, n_tokens=N_TOKENS, n_top=4)
    np.testing.assert_allclose(found, [*expected, 0], rtol=1e-5)
    every = metrics.top_token_entropy(activations, contexts, n_tokens=N_TOKENS)
    plain = metrics.token_entropy(CODE, TOKENS, n_tokens=N_TOKENS)
    np.testing.assert_allclose(every, plain, rtol=1e-5)


def test_means_by_token_leave_what_tokens_do_not_say() -> None:
    inputs = RNG.normal(size=(60, 3)) + np.arange(N_TOKENS)[TOKENS][:, None]
    means = metrics.token_means(inputs, TOKENS, n_tokens=N_TOKENS + 1)
    for token in range(N_TOKENS):
        expected = inputs[token == TOKENS].mean(0)
        np.testing.assert_allclose(means[token], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(means[N_TOKENS], inputs.mean(0), rtol=1e-4)  # one not seen
    left = metrics.without_token_means(inputs, TOKENS, means)
    np.testing.assert_allclose(left, inputs - np.asarray(means)[TOKENS], atol=1e-5)
    # What a look-up explains is the variance between tokens, by the law of total variance.
    within = np.square(left).sum() / np.square(inputs - inputs.mean(0)).sum()
    found = metrics.explained_variance(np.asarray(means)[TOKENS], inputs)
    np.testing.assert_allclose(found, 1 - within, rtol=1e-4)


def test_a_token_outside_the_vocabulary_is_refused() -> None:
    for tokens in ([0, 3, 1], [0, -1, 1]):
        with pytest.raises(ArgumentError, match=r"^tokens: expected numbers in \[0, 3\)$"):
            metrics.token_entropy(HAND, tokens, n_tokens=3)
        with pytest.raises(ArgumentError, match=r"^tokens: expected numbers in \[0, 3\)$"):
            metrics.without_token_means(HAND, tokens, np.zeros((3, 2)))
        with pytest.raises(ArgumentError, match=r"^contexts: expected numbers in \[0, 3\)$"):
            metrics.top_token_entropy(np.ones((1, 3, 1)), [tokens], n_tokens=3)
