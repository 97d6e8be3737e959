"""Rules that pay for their description."""

import math

import numpy as np
import pytest

from superpos.interp.explainers import decision_list
from superpos.interp.protocol import Contexts
from tests.superpos.interp.latents import (
    BEFORE,
    BEFORES,
    BY_BIGRAM,
    BY_POSITION,
    BY_TOKEN,
    CONTEXTS,
    PLACE,
    TOKEN,
    VOCABULARY,
    generator,
    noise,
)

EXPLAIN = decision_list(vocabulary=VOCABULARY)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (BY_TOKEN, "on '42': 2; else 0"),
        (BY_BIGRAM, "at the end of ' Sat42': 1; else 0"),
        (BY_POSITION, f"at position {PLACE}: 3; else 0"),
        (1.0 * (BEFORES == BEFORE), "after ' Sat': 1; else 0"),
        (1.0 * np.isin(CONTEXTS.tokens, [0, 1, 3, 7]), "begins a word: 1; else 0"),
    ],
)
def test_one_rule_says_what_one_thing_explains(values: np.ndarray, text: str) -> None:
    """' 42' is the only token with a digit, and the choice among classes is the longer one."""
    explanation = EXPLAIN(CONTEXTS, values, generator())
    assert explanation.text == text
    np.testing.assert_array_equal(explanation.predict(CONTEXTS), values)


def test_the_first_rule_that_applies_decides() -> None:
    values = np.where(CONTEXTS.tokens == TOKEN, 4.0, 1.0 * (BEFORES == BEFORE))
    explanation = EXPLAIN(CONTEXTS, values, generator())
    np.testing.assert_array_equal(explanation.predict(CONTEXTS), values)
    assert explanation.text == "on '42': 4; else after ' Sat': 1; else 0"
    expected = 3 + 2 * (math.log2(7) + math.log2(8)) + 32 + 3 * 8
    assert explanation.bits == pytest.approx(expected)


def test_a_token_that_was_seen_lately_is_found() -> None:
    latent = np.zeros(CONTEXTS.tokens.shape)
    for place in range(1, latent.shape[1]):
        latent[:, place] = (CONTEXTS.tokens[:, max(place - 8, 0) : place] == 6).any(1)
    explanation = EXPLAIN(CONTEXTS, latent, generator())
    assert explanation.text == "up to 8 after '\\n': 1; else 0"
    np.testing.assert_array_equal(explanation.predict(CONTEXTS), latent)


def test_noise_has_no_rules() -> None:
    explanations = [EXPLAIN(CONTEXTS, noise(generator(seed)), generator()) for seed in range(20)]
    assert [explanation.bits for explanation in explanations] == [1 + 32 + 8] * 20


def test_values_are_means_of_what_is_left_for_each_rule() -> None:
    values = noise(generator(1), 0.1) + np.where(
        CONTEXTS.tokens == TOKEN, 4.0, 2.0 * (BEFORES == BEFORE)
    )
    predicted = EXPLAIN(CONTEXTS, values, generator()).predict(CONTEXTS)
    first = CONTEXTS.tokens == TOKEN
    second = (BEFORES == BEFORE) & ~first
    for where in (first, second, ~(first | second)):
        assert np.ptp(predicted[where]) == 0
        assert predicted[where][0] == pytest.approx(values[where].mean(), rel=1 / 16)


def test_no_more_rules_than_allowed() -> None:
    values = np.choose(CONTEXTS.tokens, [0.0, 1, 8, 64, 512, 0, 0, 0])
    for n_rules in (1, 3):
        explain = decision_list(vocabulary=VOCABULARY, n_rules=n_rules)
        assert explain(CONTEXTS, values, generator()).text.count(";") == n_rules


def test_a_large_vocabulary_has_the_same_rules() -> None:
    """Pairs of 10,000 tokens are too many for a table of all."""
    vocabulary = (*VOCABULARY, *[f" w{n}" for n in range(9_992)])
    spread = Contexts(CONTEXTS.tokens * 1000, CONTEXTS.document)
    words = list(vocabulary)
    for token, text in enumerate(VOCABULARY):
        words[token * 1000] = text
    explanation = decision_list(vocabulary=words)(spread, BY_BIGRAM, generator())
    assert explanation.text == "at the end of ' Sat42': 1; else 0"
    np.testing.assert_array_equal(explanation.predict(spread), BY_BIGRAM)


def test_a_dead_latent_and_one_that_is_always_active_have_no_rules() -> None:
    for value in (0.0, 2.0):
        explanation = EXPLAIN(CONTEXTS, np.full(CONTEXTS.tokens.shape, value), generator())
        assert explanation.text == f"{value:.2g}"
