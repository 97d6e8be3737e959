"""A vocabulary that does not have all tokens: one line, from whatever shows a text."""

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.interp import Contexts
from superpos.interp.prompted.showing import marked
from superpos.interp.scorers import example_similarity, explanation_similarity, hashed_words
from superpos.interp.vocabulary import text_of, texts
from tests.superpos.interp.latents import BY_TOKEN, CONTEXTS, VOCABULARY, explained_by, generator

FEW = VOCABULARY[:2]
LINE = "^vocabulary: 2 texts, expected one of each token, of which one is "


def test_the_text_of_tokens() -> None:
    assert text_of(np.array([1, 0, 1]), FEW) == [" cat", " the", " cat"]
    pair = Contexts(np.array([[0, 1], [1, 1]], np.int32), np.zeros(2, np.int32))
    assert texts(pair, FEW) == [" the cat", " cat cat"]


def test_a_token_without_a_text_is_refused() -> None:
    with pytest.raises(ArgumentError, match=f"{LINE}2$"):
        text_of(np.array([1, 2]), FEW)
    with pytest.raises(ArgumentError, match=f"{LINE}2$"):
        marked(np.array([1, 2]), np.array([True, False]), FEW)
    for scorer in (example_similarity, explanation_similarity):
        score_of = scorer(embed=hashed_words(), vocabulary=FEW)
        with pytest.raises(ArgumentError, match=LINE):
            score_of(CONTEXTS, BY_TOKEN, generator())(explained_by(BY_TOKEN, "cat"))
