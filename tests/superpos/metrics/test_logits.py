"""Directions and logits: hand examples, NumPy in float64, and the floor of random directions."""

import itertools

import numpy as np
import pytest

from superpos import metrics
from superpos.arguments import ArgumentError

RNG = np.random.default_rng(7)


def test_effects_are_products_without_their_mean() -> None:
    W_dec, unembedding = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 9))
    expected = W_dec @ unembedding
    found = metrics.logit_effects(W_dec, unembedding)
    np.testing.assert_allclose(found, expected - expected.mean(1, keepdims=True), atol=1e-5)


def test_coherence_is_the_mean_cosine_of_pairs() -> None:
    W_dec, unembedding = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 9))
    embedding = RNG.normal(size=(9, 6)) + 2
    centred = embedding - embedding.mean(0)
    rows = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    expected = []
    for effects in W_dec @ unembedding:
        top = np.argsort(-effects)[:4]
        expected.append(np.mean([rows[a] @ rows[b] for a, b in itertools.combinations(top, 2)]))
    found = metrics.logit_effect_coherence(W_dec, unembedding, embedding, n_top=4)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_latent_for_a_group_of_like_tokens_is_coherent_and_a_random_one_is_not() -> None:
    """Twenty groups of ten tokens, each with an embedding of its own and noise."""
    groups = np.repeat(np.arange(20), 10)
    embedding = RNG.normal(size=(20, 64))[groups] + 0.1 * RNG.normal(size=(200, 64))
    unembedding = RNG.normal(size=(32, 20))[:, groups] + 0.1 * RNG.normal(size=(32, 200))
    means = np.stack([unembedding[:, groups == group].mean(1) for group in range(20)])
    coherent = metrics.logit_effect_coherence(means, unembedding, embedding)
    assert float(coherent.min()) > 0.95
    shuffled = embedding[RNG.permutation(200)]
    random = metrics.logit_effect_coherence(RNG.normal(size=(200, 32)), unembedding, shuffled)
    # A pair has mean -1/199 and standard deviation 0.25, so 45 pairs of each of 20 groups 0.01.
    assert abs(float(random.mean())) < 0.03


def test_more_tokens_than_there_are_is_refused() -> None:
    for n_top in (1, 4):
        with pytest.raises(
            ArgumentError, match=rf"^n_top={n_top}: expected an integer in \[2, 3\]"
        ):
            metrics.logit_effect_coherence(np.eye(2), np.ones((2, 3)), np.eye(3), n_top=n_top)
