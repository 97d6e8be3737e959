"""The loss of a learned reward against NumPy in float64."""

import jax.numpy as jnp
import numpy as np
import pytest

from experiments.values.reward import reward
from superpos import random
from superpos.arguments import ArgumentError
from superpos.types import Batch

RNG = np.random.default_rng(0)
PAIRS, LABELS = RNG.uniform(size=(7, 2, 4)), RNG.integers(2, size=(7, 1))
BATCH = Batch(inputs=jnp.float32(PAIRS), targets=jnp.float32(LABELS), factors=jnp.zeros((7, 0)))


def entropy(log_odds):
    signs = 2 * LABELS[:, 0] - 1
    return np.logaddexp(0, -signs * log_odds).mean()


def test_a_pointer_alone_prefers_what_has_more_of_the_named_features():
    model = reward(n_features=4, n_layers=0, pointed=2, first_pointed=1)
    params, _ = model.init(random.key(0))
    named = PAIRS[:, :, 1:3].sum(-1)
    output = model.apply(params, (), BATCH.inputs[0])
    np.testing.assert_allclose(output.code, named[0], rtol=1e-5)
    np.testing.assert_allclose(output.recon[0], named[0, 0] - named[0, 1], rtol=1e-5)
    loss = model.loss(params, (), BATCH, random.key(1))[0]
    assert float(loss) == pytest.approx(entropy(named[:, 0] - named[:, 1]), rel=1e-5)


def test_a_linear_reward_adds_its_penalties_by_the_number_of_labels():
    model = reward(n_features=4, n_layers=0, n_labels=25.0, l1_coefficient=0.5, l2_coefficient=2.0)
    params, _ = model.init(random.key(0))
    assert not np.any(params.weights[0])
    w = np.array([0.3, -1.2, 0.0, 2.0])
    found = model.loss(
        params.replace(weights=(jnp.float32(w)[:, None],)), (), BATCH, random.key(1)
    )[0]
    expected = entropy((PAIRS[:, 0] - PAIRS[:, 1]) @ w)
    expected += 0.5 * np.abs(w).sum() / 5 + 2.0 * np.square(w).sum() / 2 / 25
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_a_layer_makes_it_a_perceptron_of_either_item_alone():
    model = reward(n_features=4, n_layers=1, n_hidden=5)
    params, _ = model.init(random.key(0))
    W, w = (np.asarray(each, float) for each in params.weights)
    expected = np.maximum(PAIRS[0] @ W, 0) @ w[:, 0]
    np.testing.assert_allclose(model.apply(params, (), BATCH.inputs[0]).code, expected, rtol=1e-4)


@pytest.mark.parametrize(("pointed", "first"), [(5, 0), (1, 4), (2.5, 2)])
def test_a_pointer_at_features_that_are_not_there_is_refused(pointed, first):
    line = f"^pointed={pointed}: expected at most the n_features=4 from first_pointed={first} on$"
    with pytest.raises(ArgumentError, match=line):
        reward(n_features=4, pointed=pointed, first_pointed=first)
