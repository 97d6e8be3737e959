"""Embeddings of texts, and what they tell of a latent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.interp.protocol import Contexts
from superpos.interp.scorers import (
    example_similarity,
    explanation_similarity,
    hashed_words,
    once,
)
from tests.superpos.interp.latents import explained_by, generator

WORDS = (" boat", " sea", " sail", " wind", " bread", " oven", " flour", " dough")
"""Four of the sea, four of a bakery."""
ABOUT_SEA = np.arange(120) % 3 == 0
CONTEXTS = Contexts(
    generator().integers(4, size=(120, 6), dtype=np.int32) + np.where(ABOUT_SEA, 0, 4)[:, None],
    np.arange(120, dtype=np.int32),
)
SEA = np.repeat(1.0 * ABOUT_SEA[:, None], 6, 1)
EMBED = hashed_words()
PARTS = {"embed": EMBED, "vocabulary": WORDS}


def scored(scorer: object, text: str, activations: np.ndarray = SEA) -> float:
    explanation = explained_by(np.zeros((600, 18)), text)
    return scorer(CONTEXTS, activations, generator(2))(explanation).value  # pyright: ignore


def test_embeddings_have_a_norm_of_1_and_see_words_alone() -> None:
    vectors = EMBED(["The sea, the wind", "wind THE the , sea", "bread", "", "sea"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 0, 1])
    np.testing.assert_allclose(vectors[0], vectors[1])
    assert vectors[0] @ vectors[4] == pytest.approx(1 / np.sqrt(5))  # "the" twice, three once
    assert vectors[0] @ vectors[2] == 0


def test_unlike_words_cancel_on_average() -> None:
    """With few dimensions they collide, by either sign."""
    vectors = hashed_words(n_dimensions=16)([f"word{n}" for n in range(400)])
    products = (vectors @ vectors.T)[np.triu_indices(400, 1)]
    assert abs(products.mean()) < 0.02
    assert np.square(products).mean() == pytest.approx(1 / 16, rel=0.1)


def test_a_text_that_names_the_words_of_active_contexts_parts_them() -> None:
    scorer = explanation_similarity(**PARTS)
    assert scored(scorer, "boat, sea, sail or wind") == 1
    assert scored(scorer, "bread, oven, flour or dough") == 0
    assert scored(scorer, "something else") == 0.5


def test_examples_alone_part_a_latent_by_topic_and_not_one_without() -> None:
    scorer = example_similarity(**PARTS)
    assert scored(scorer, "") == 1
    values = []
    for seed in range(60):
        active = generator(seed).random(120) < 0.4
        values.append(scored(scorer, "", np.repeat(1.0 * active[:, None], 6, 1)))
    assert abs(np.mean(values) - 0.5) < 4 * np.std(values) / np.sqrt(60)


@pytest.mark.parametrize("scorer", [example_similarity, explanation_similarity])
def test_too_few_examples_are_not_scored(scorer: object) -> None:
    assert np.isnan(scored(scorer(**PARTS), "sea", 0 * SEA))  # pyright: ignore


def test_a_costly_embedding_is_asked_once_for_each_text() -> None:
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> np.ndarray:
        asked.extend(texts)
        return EMBED(texts)

    remembered = once(embed)
    texts = ["sea", "wind", "sea"]
    np.testing.assert_array_equal(remembered(texts), EMBED(texts))
    np.testing.assert_array_equal(remembered(["wind"]), EMBED(["wind"]))
    assert asked == ["sea", "wind"]


def test_a_vocabulary_that_is_none_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^vocabulary='sea': expected the text of each token"):
        example_similarity(embed=EMBED, vocabulary="sea")


@pytest.mark.parametrize("scorer", [example_similarity, explanation_similarity])
@pytest.mark.parametrize(
    ("number", "line"),
    [(np.nan, "embed: gives numbers that are not finite"), ("a", "embed: gives <U")],
)
def test_an_embedding_that_is_none_is_refused(scorer: Any, number: Any, line: str) -> None:
    made = scorer(embed=lambda texts: np.full((len(texts), 3), number), vocabulary=WORDS)
    with pytest.raises(ArgumentError, match=f"^{line}"):
        scored(made, "sea")
