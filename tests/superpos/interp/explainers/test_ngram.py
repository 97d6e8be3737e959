"""Tables of n-grams with back-off, by hand."""

import math
from collections import defaultdict

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.interp import bits
from superpos.interp.explainers import ngram
from superpos.interp.protocol import Contexts
from tests.superpos.interp.latents import (
    BY_BIGRAM,
    CONTEXTS,
    N_TOKENS,
    VOCABULARY,
    generator,
    noise,
)

SMALL = Contexts(np.array([[0, 1, 0, 1], [2, 1, 0, 0]], np.int32), np.arange(2, dtype=np.int32))
ACTIVATIONS = np.array([[0.0, 4, 0, 2], [0, 0, 0, 0]])
MEAN = 0.75


def test_unigrams_lean_on_the_mean() -> None:
    explanation = ngram(vocabulary=VOCABULARY, order=1)(SMALL, ACTIVATIONS, generator())
    by_token = [(0 + MEAN) / 5, (6 + MEAN) / 4, (0 + MEAN) / 2, *[MEAN] * 5]
    new = Contexts(np.arange(8, dtype=np.int32)[None], np.zeros(1, np.int32))
    np.testing.assert_allclose(explanation.predict(new)[0], by_token, rtol=1 / 16)
    expected = (2 * 2 + 1) + math.log2(math.comb(9, 3)) + 32 + (1 + 3) * 8
    assert explanation.bits == pytest.approx(expected)


def test_bigrams_lean_on_unigrams_and_know_the_start() -> None:
    """Only token 1 is ever active: after 0, with a sum of 6 of 2, and after 2, with 0 of 1."""
    explanation = ngram(vocabulary=VOCABULARY, order=2)(SMALL, ACTIVATIONS, generator())
    unigram = (6 + MEAN) / 4
    new = Contexts(np.array([[1, 1, 0, 1, 2, 1, 7]], np.int32), np.zeros(1, np.int32))
    expected = [unigram, unigram, MEAN / 5, (6 + unigram) / 3, MEAN / 2, unigram / 2, MEAN]
    np.testing.assert_allclose(explanation.predict(new)[0], expected, rtol=1 / 7)
    # In sixteenths of 4: 2.5625 is written 2.5, and 1.6875, of sixteenths of 2, 1.75.
    assert explanation.text.startswith("' the cat': 2.5; ' cat': 1.8;")


@pytest.mark.parametrize("order", [1, 2, 3])
def test_it_is_the_recursion_token_by_token(order: int) -> None:
    """Written out with dictionaries; values are written in 8 bits at each length."""
    values = noise(generator(), 0.1)
    largest = values.max()
    [mean] = bits.quantise(np.array([values.mean()]), largest)
    padded = np.pad(CONTEXTS.tokens, ((0, 0), (2, 0)), constant_values=N_TOKENS)
    counts: dict = defaultdict(float)
    sums: dict = defaultdict(float)
    for row, activations in zip(padded.tolist(), values, strict=True):
        for place, value in enumerate(activations, start=2):
            for n in range(1, order + 1):
                counts[tuple(row[place + 1 - n : place + 1])] += 1
                sums[tuple(row[place + 1 - n : place + 1])] += value

    def predicted(gram: tuple) -> float:
        if not gram:
            return mean
        shorter = predicted(gram[1:])
        if gram not in counts or (len(gram) > 1 and sums[gram[1:]] == 0):
            return shorter
        found = (sums[gram] + 2 * shorter) / (counts[gram] + 2)
        return bits.quantise(np.array([found]), largest)[0]

    explanation = ngram(vocabulary=VOCABULARY, order=order, strength=2.0)(
        CONTEXTS, values, generator()
    )
    expected = [
        [predicted(tuple(row[place - order + 1 : place + 1])) for place in range(2, len(row))]
        for row in padded[:50].tolist()
    ]
    some = Contexts(CONTEXTS.tokens[:50], CONTEXTS.document[:50])
    np.testing.assert_allclose(explanation.predict(some), expected, rtol=1e-9)


def test_a_bigram_is_found_where_unigrams_cannot() -> None:
    errors = {}
    for order in (1, 2):
        explanation = ngram(vocabulary=VOCABULARY, order=order)(CONTEXTS, BY_BIGRAM, generator())
        predicted = explanation.predict(CONTEXTS)
        errors[order] = np.abs(predicted - BY_BIGRAM).max()
    assert errors[1] > 0.8 and errors[2] < 0.1


def test_a_dead_latent_is_0() -> None:
    explanation = ngram(vocabulary=VOCABULARY, order=3)(SMALL, 0 * ACTIVATIONS, generator())
    assert (explanation.predict(CONTEXTS) == 0).all()


def test_n_grams_past_what_a_number_holds_are_refused() -> None:
    with pytest.raises(
        ArgumentError, match="^order=20: expected fewer tokens, for 8 in vocabulary"
    ):
        ngram(vocabulary=VOCABULARY, order=20)
