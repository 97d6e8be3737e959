"""Encodings of a clock by hand, and by NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.environments import Encoding, encodings


def encoded(encoding: Encoding, clock: float, seed: int = 0) -> np.ndarray:
    key_drawn, key = jax.random.split(jax.random.key(seed))
    found = encoding.encode(encoding.init(key_drawn), key, jnp.float32(clock))
    assert found.shape == (encoding.width,) and found.dtype == jnp.float32
    return np.asarray(found)


def test_what_they_show() -> None:
    assert encoded(encodings.hidden(), 3).tolist() == []
    assert encoded(encodings.scalar(unit=4.0), 3).tolist() == [0.75]
    assert encoded(encodings.frozen(shown=2.0), 3).tolist() == [2.0]
    assert encoded(encodings.one_hot(n_indices=3), 1).tolist() == [0, 1, 0]
    assert encoded(encodings.one_hot(n_indices=3), 3).tolist() == [0, 0, 0]


def test_sinusoids_have_periods_from_the_shortest_to_the_longest() -> None:
    encoding = encodings.sinusoid(n_frequencies=3, shortest_period=4.0, longest_period=36.0)
    angle = 2 * np.pi * 5 / np.array([4, 12, 36])
    wanted = np.concatenate([np.sin(angle), np.cos(angle)])
    np.testing.assert_allclose(encoded(encoding, 5), wanted, atol=1e-6)
    one = encodings.sinusoid(n_frequencies=1, longest_period=36.0)
    np.testing.assert_allclose(encoded(one, 1), [1, 0], atol=1e-6)


def test_permuted_shows_each_tick_once_in_an_order_of_the_episode() -> None:
    encoding = encodings.permuted(n_indices=5)
    order = np.array([encoded(encoding, clock) for clock in range(5)])
    np.testing.assert_array_equal(order.sum(axis=0), np.ones(5))
    np.testing.assert_array_equal(order.sum(axis=1), np.ones(5))
    others = [np.array([encoded(encoding, c, seed) for c in range(5)]) for seed in range(1, 4)]
    assert any(not np.array_equal(order, other) for other in others)


def test_several_stand_side_by_side_times_their_gains() -> None:
    parts = [encodings.one_hot(n_indices=3), encodings.scalar(unit=4.0)]
    both = encodings.several(encodings=parts, gains=[2.0, 0.5])
    assert encoded(both, 1).tolist() == [0, 2, 0, 0.125]
    random = [encodings.random_number(), encodings.random_number()]
    first, second = encoded(encodings.several(encodings=random, gains=[1.0, 1.0]), 0)
    assert first != second
    with pytest.raises(ArgumentError, match="^gains: has 1, expected 2, one for each"):
        encodings.several(encodings=parts, gains=[1.0])


@pytest.mark.parametrize("seed", [0, 1])
def test_a_random_number_does_not_depend_on_the_clock(seed: int) -> None:
    encoding = encodings.random_number()
    assert encoded(encoding, 0, seed) == encoded(encoding, 5, seed)
    assert encoded(encoding, 0, 0) != encoded(encoding, 0, 1)
