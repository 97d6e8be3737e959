"""The mean activation everywhere."""

import numpy as np
import pytest

from superpos.interp.explainers import constant
from tests.superpos.interp.latents import BY_TOKEN, CONTEXTS, generator


def test_it_is_the_mean_at_the_cost_of_one_value() -> None:
    explanation = constant()(CONTEXTS, BY_TOKEN, generator())
    predicted = explanation.predict(CONTEXTS)
    np.testing.assert_array_equal(predicted, np.full(BY_TOKEN.shape, predicted[0, 0]))
    assert predicted[0, 0] == pytest.approx(BY_TOKEN.mean(), rel=1e-6)
    assert explanation.bits == 32 + 8
    assert explanation.text == f"{BY_TOKEN.mean():.2g} everywhere"


def test_a_dead_latent_is_0() -> None:
    assert (constant()(CONTEXTS, 0 * BY_TOKEN, generator()).predict(CONTEXTS) == 0).all()
