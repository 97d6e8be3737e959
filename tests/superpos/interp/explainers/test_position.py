"""The mean activation by position."""

import numpy as np
import pytest

from superpos.interp.explainers import position
from superpos.interp.protocol import Contexts
from tests.superpos.interp.latents import BY_POSITION, CONTEXTS, LENGTH, PLACE, generator, noise


def test_a_latent_that_is_active_at_one_position_is_explained() -> None:
    explanation = position()(CONTEXTS, BY_POSITION, generator())
    np.testing.assert_array_equal(explanation.predict(CONTEXTS), BY_POSITION)
    assert explanation.text.startswith(f"at {PLACE}: 3; ")
    assert explanation.bits == 32 + 8 * (LENGTH + 1)


def test_each_position_has_its_mean_and_those_beyond_have_the_mean_of_all() -> None:
    values = noise(generator(), 0.3)
    explanation = position()(CONTEXTS, values, generator())
    longer = Contexts(np.zeros((2, LENGTH + 3), np.int32), np.arange(2, dtype=np.int32))
    predicted = explanation.predict(longer)
    np.testing.assert_allclose(predicted[0, :LENGTH], values.mean(0), rtol=1 / 16)
    np.testing.assert_allclose(predicted[1, LENGTH:], values.mean(), rtol=1 / 16)


@pytest.mark.parametrize("length", [1, 5])
def test_shorter_contexts_have_the_first_positions(length: int) -> None:
    shorter = Contexts(CONTEXTS.tokens[:, :length], CONTEXTS.document)
    predicted = position()(CONTEXTS, BY_POSITION, generator()).predict(shorter)
    np.testing.assert_array_equal(predicted, BY_POSITION[:, :length])
