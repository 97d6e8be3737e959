"""Targets that are the inputs times the importance of their channels."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import channels, draw, sparse_uniform
from superpos.data.channels import channel_numbers

N = 4
DATA = sparse_uniform(n_features=N, density=0.5)


def test_targets_are_a_power_of_the_number_times_the_inputs() -> None:
    batch = draw(channels(n_features=N, data=DATA, channel_power=0.5), jax.random.key(0), 50)
    inputs = draw(DATA, jax.random.key(0), 50).inputs
    np.testing.assert_array_equal(batch.inputs, inputs)
    np.testing.assert_array_equal(batch.factors, inputs)
    assert (batch.targets.shape, batch.targets.dtype) == ((50, N), jnp.float32)
    expected = np.asarray(inputs) / np.sqrt([1, 2, 3, 4])
    np.testing.assert_allclose(batch.targets, expected, rtol=1e-6)


def test_a_power_of_0_changes_nothing() -> None:
    batch = draw(channels(n_features=N, data=DATA, channel_power=0.0), jax.random.key(0), 50)
    np.testing.assert_array_equal(batch.targets, batch.inputs)


def test_shuffled_channels_have_each_number_once_in_an_order_of_the_seed() -> None:
    source = channels(n_features=N, data=DATA, channel_power=1.0, shuffled=True, shuffle_seed=3)
    batch = draw(source, jax.random.key(0), 200)
    found = np.nanmax(np.where(batch.inputs > 0, batch.inputs / batch.targets, np.nan), axis=0)
    assert sorted(found.round(4)) == [1, 2, 3, 4]
    np.testing.assert_allclose(found, channel_numbers(N, 3), rtol=1e-6)
    assert len({tuple(channel_numbers(N, seed)) for seed in range(10)}) > 3


def test_another_width_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^n_features=5: expected the 4 of data$"):
        channels(n_features=5, data=DATA, channel_power=0.5)


def test_a_negative_power_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^channel_power=-1"):
        channels(n_features=N, data=DATA, channel_power=-1)
