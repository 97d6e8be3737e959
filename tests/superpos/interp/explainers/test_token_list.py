"""A few tokens and their activations, by hand."""

import math

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.interp.explainers import token_list
from superpos.interp.protocol import Contexts
from tests.superpos.interp.latents import BY_TOKEN, CONTEXTS, VOCABULARY, generator

TOKENS = np.array([[0, 1, 2, 3, 0, 1, 2, 3], [0, 1, 2, 3, 0, 0, 0, 0]], np.int32)
SMALL = Contexts(TOKENS, np.arange(2, dtype=np.int32))
ACTIVATIONS = np.array([[0, 4.0, 1, 0, 0, 4, 1, 0], [0, 4, 1, 0, 0, 0, 0, 0]])
"""By token: 0 of 7, 4 of 3, 1 of 3 and 0 of 3; the mean is 15 / 16."""


@pytest.mark.parametrize(
    ("n_listed", "expected", "text"),
    [
        (1, [0.234375, 4, 0.234375, 0.234375], "' cat': 4; else 0.23"),  # 3 / 13, in 1 / 128s
        (2, [0, 4, 1, 0], "' cat': 4; 'ing': 1; else 0"),
        (9, [0, 4, 1, 0], "' cat': 4; 'ing': 1; else 0"),  # no other has more than the mean
    ],
)
def test_the_tokens_that_explain_most_are_listed(n_listed: int, expected: list, text: str) -> None:
    explain = token_list(vocabulary=VOCABULARY, n_listed=n_listed)
    explanation = explain(SMALL, ACTIVATIONS, generator())
    np.testing.assert_array_equal(explanation.predict(SMALL), np.array(expected)[TOKENS])
    assert explanation.text == text


def test_the_bits_are_those_of_a_set_of_tokens_and_their_values() -> None:
    explain = token_list(vocabulary=VOCABULARY, n_listed=2)
    expected = 3 + math.log2(math.comb(8, 2)) + 32 + 3 * 8
    assert explain(SMALL, ACTIVATIONS, generator()).bits == pytest.approx(expected)


def test_one_token_explains_a_latent_that_it_alone_makes_active() -> None:
    explanation = token_list(vocabulary=VOCABULARY, n_listed=1)(CONTEXTS, BY_TOKEN, generator())
    np.testing.assert_array_equal(explanation.predict(CONTEXTS), BY_TOKEN)


def test_a_dead_latent_has_no_tokens() -> None:
    explanation = token_list(vocabulary=VOCABULARY, n_listed=3)(SMALL, 0 * ACTIVATIONS, generator())
    assert explanation.text == "else 0"
    assert explanation.bits == 1 + 32 + 8


def test_a_vocabulary_that_is_too_small_or_none_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^vocabulary: has 2 tokens"):
        token_list(vocabulary=VOCABULARY[:2], n_listed=1)(SMALL, ACTIVATIONS, generator())
    for none in ("abc", (), (1, 2), 3):
        with pytest.raises(ArgumentError, match="^vocabulary=.*: expected the text of each token"):
            token_list(vocabulary=none, n_listed=1)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ArgumentError, match="^n_listed=0: expected an integer"):
        token_list(vocabulary=VOCABULARY, n_listed=0)
