"""Classes of tokens by their text, and least squares on them."""

import numpy as np
import pytest

from superpos.interp.explainers import lexical
from superpos.interp.explainers.lexical import CLASSES, lexical_classes
from tests.superpos.interp.latents import CONTEXTS, N_TOKENS, VOCABULARY, generator, noise

EXPECTED = {
    " Walking": {"begins a word", "capitalised", "ends in -ing"},
    "ed": {"continues a word", "lower case", "up to 3 letters", "ends in -ed"},
    " USA": {"begins a word", "capitals", "up to 3 letters"},
    "I": {"continues a word", "capitals", "one letter", "up to 3 letters"},
    " 1984": {"begins a word", "has a digit"},
    '."': {"punctuation", "ends a sentence"},
    " ,": {"punctuation"},
    '"': {"punctuation", "quotation mark"},
    "\n\n": {"white space", "has a line break"},
    " \n": {"white space", "has a line break"},
    " international": {"begins a word", "lower case", "8 letters or more"},
    " été": {"begins a word", "lower case", "up to 3 letters"},
    "": set(),
}


@pytest.mark.parametrize("text", EXPECTED)
def test_classes_by_hand(text: str) -> None:
    [row] = lexical_classes([text])
    assert {name for name, holds in zip(CLASSES, row, strict=True) if holds} == EXPECTED[text]


def test_it_is_ridge_regression_on_the_classes() -> None:
    learn = pytest.importorskip("sklearn.linear_model")
    values = 3 + CONTEXTS.tokens % 3 + noise(generator(), 0.5)
    design = lexical_classes(VOCABULARY)[CONTEXTS.tokens].reshape(-1, len(CLASSES)).astype(float)
    ridge = learn.Ridge(alpha=1.0).fit(design, values.ravel())
    expected = ridge.predict(design).reshape(values.shape)
    explanation = lexical(vocabulary=VOCABULARY)(CONTEXTS, values, generator())
    # Each weight is written to a sixteenth, and a token is in up to five classes.
    np.testing.assert_allclose(explanation.predict(CONTEXTS), expected, rtol=5 / 16)
    assert np.corrcoef(explanation.predict(CONTEXTS).ravel(), expected.ravel())[0, 1] > 0.95


def test_a_latent_of_one_class_is_explained_at_the_cost_of_the_weights() -> None:
    values = 1.0 * lexical_classes(VOCABULARY)[CONTEXTS.tokens, list(CLASSES).index("has a digit")]
    explanation = lexical(vocabulary=VOCABULARY)(CONTEXTS, values, generator())
    assert np.abs(explanation.predict(CONTEXTS) - values).max() < 0.1
    assert explanation.text.split(" +")[1].endswith("has a digit")
    assert explanation.bits == 32 + 9 * (len(CLASSES) + 1)


def test_predictions_are_not_negative() -> None:
    values = 1.0 * (CONTEXTS.tokens == N_TOKENS - 1)
    predicted = lexical(vocabulary=VOCABULARY)(CONTEXTS, values, generator()).predict(CONTEXTS)
    assert predicted.min() == 0
