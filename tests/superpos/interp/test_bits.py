"""Lengths of descriptions, against hand-made cases and whole numbers."""

import math

import numpy as np
import pytest

from superpos.interp import bits


def test_a_count_takes_the_bits_of_elias_gamma() -> None:
    """1, 010, 011, 00100, ..., of the count and 1."""
    assert [bits.of_count(n) for n in (0, 1, 2, 3, 6, 7)] == [1, 3, 3, 5, 5, 7]


@pytest.mark.parametrize(("n", "size"), [(30, 1), (30, 3), (10, 10), (49_152, 10), (7, 0)])
def test_a_set_takes_the_log_of_how_many_there_are(n: int, size: int) -> None:
    assert bits.of_set(n, size) == pytest.approx(math.log2(math.comb(n, size)), abs=1e-9)


def test_a_set_of_few_among_very_many_loses_no_bits_to_rounding() -> None:
    n = 49_153**3
    assert bits.of_set(float(n), 5) == pytest.approx(math.log2(math.comb(n, 5)), abs=1e-6)


def test_a_choice_and_values() -> None:
    assert bits.of_choice(256) == 8
    assert bits.of_values(3) == 32 + 3 * 8
    assert bits.of_values(3, signed=True) == 32 + 3 * 9


def test_values_are_within_a_sixteenth_and_written_the_same_again() -> None:
    values = np.exp(np.random.default_rng(0).uniform(-18, 2, 5000))
    written = bits.quantise(values)
    assert (np.abs(written / values - 1) <= 1 / 16).all()
    np.testing.assert_array_equal(bits.quantise(written), written)
    np.testing.assert_array_equal(bits.quantise(-values), -written)


def test_there_are_no_more_values_than_8_bits_tell_apart() -> None:
    values = 2.0 ** np.linspace(-60, 0, 200_001)
    written = bits.quantise(values)
    assert 200 < len(np.unique(written)) <= 2**8
    assert (written[values < 2.0**-30] == 0).all() and (written[values >= 2.0**-30] > 0).all()


def test_the_largest_is_written_as_it_is_and_nothing_as_nothing() -> None:
    np.testing.assert_array_equal(
        bits.quantise(np.array([0.3, 0.0, 0.1]))[:2], [np.float32(0.3), 0]
    )
    np.testing.assert_array_equal(bits.quantise(np.zeros(3)), np.zeros(3))
    assert bits.quantise(np.zeros(0)).shape == (0,)


def test_tables_on_one_scale_write_equal_values_equally() -> None:
    whole = bits.quantise(np.array([1.7, 0.3]))
    np.testing.assert_array_equal(bits.quantise(np.array([0.3]), largest=1.7), whole[1:])
