"""The loss on fresh data."""

import jax
import numpy as np
import pytest

from superpos import data, models
from superpos.arguments import ArgumentError
from superpos.evaluations import loss

MODEL = models.computation(n_features=3, n_hidden=4)
SOURCE = data.sparse_uniform(n_features=3, density=0.5)


@pytest.mark.slow
def test_it_is_the_loss_of_a_batch_of_its_own_size() -> None:
    params, state = MODEL.init(jax.random.key(0))
    probe = loss(model=MODEL, source=SOURCE, batch_size=64)
    measured = probe(params, state, jax.random.key(1))
    assert set(measured) == {"loss"}
    key_batch, key_loss = jax.random.split(jax.random.key(1))
    batch = data.draw(SOURCE, key_batch, 64)
    expected, _ = MODEL.loss(params, state, batch, key_loss)
    np.testing.assert_array_equal(measured["loss"], expected)
    assert measured["loss"] != probe(params, state, jax.random.key(2))["loss"]


def test_a_batch_of_nothing_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^batch_size=0: expected an integer"):
        loss(model=MODEL, source=SOURCE, batch_size=0)
