"""Shares of responses by hand."""

import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from superpos.metrics import response_shares


def test_shares_by_hand():
    responses = np.array([[3.0, 1.0, 0.0, -1.0], [1.0, 0.0, 0.0, -2.0], [0.0, -5.0, 0.0, 4.0]])
    np.testing.assert_allclose(response_shares(responses), [0.75, 1, 0, 1])
    np.testing.assert_allclose(response_shares(np.stack([responses] * 2)), [[0.75, 1, 0, 1]] * 2)


@given(st.integers(0, 10**6), st.floats(1e-30, 1e30))
def test_they_do_not_depend_on_the_scale(seed, scale):
    responses = np.random.default_rng(seed).normal(size=(5, 3)).astype(np.float32)
    positive = np.maximum(responses, 0).astype(float)
    expected = positive.max(0) / np.maximum(positive.sum(0), 1e-300)
    found = response_shares(jnp.asarray(responses) * jnp.float32(scale))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_response_that_is_not_finite_is_not_one_to_nothing():
    responses = np.array([[np.nan, np.inf, 1.0], [1.0, 1.0, -np.inf]])
    np.testing.assert_array_equal(response_shares(responses), [np.nan, np.nan, 1])
