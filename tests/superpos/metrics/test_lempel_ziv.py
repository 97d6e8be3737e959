"""Phrases of strings by their definition, character by character."""

from collections.abc import Sequence

import numpy as np
import pytest

from superpos.metrics import lempel_ziv_complexity


def phrases(text: str) -> int:
    """The shortest next piece that has not begun before is a phrase, and so is the rest."""
    start = found = 0
    while start < len(text):
        end = start + 1
        while end <= len(text) and text.find(text[start:end]) < start:
            end += 1
        start, found = end, found + 1
    return found


def bits(text: str) -> np.ndarray:
    return np.array([int(each) for each in text])


def test_the_example_of_lempel_and_ziv() -> None:
    """0·001·10·100·1000·101, of their paper: six phrases."""
    text = "0001101001000101"
    assert phrases(text) == 6
    expected = 4 * (6 + phrases(text[::-1])) / 2
    assert float(lempel_ziv_complexity(bits(text))) == pytest.approx(expected)


@pytest.mark.parametrize("value", [0, 1])
def test_equal_symbols_have_the_least(value: int) -> None:
    assert float(lempel_ziv_complexity(np.full(32, value))) == pytest.approx(5)
    assert float(lempel_ziv_complexity([value])) == 0


def test_any_strings_are_as_by_the_definition() -> None:
    rng = np.random.default_rng(0)
    strings = rng.random((40, 24)) < rng.random((40, 1))

    def expected(each: Sequence[bool]) -> float:
        text = "".join(str(int(bit)) for bit in each)
        alike = len(set(text)) == 1
        return np.log2(24) * (1 if alike else (phrases(text) + phrases(text[::-1])) / 2)

    found = lempel_ziv_complexity(strings.reshape(5, 8, 24))
    np.testing.assert_allclose(np.ravel(found), [expected(each) for each in strings], rtol=1e-6)


def test_a_repeated_string_is_simpler_than_one_by_chance() -> None:
    chance = np.random.default_rng(1).integers(2, size=(100, 64))
    repeated = np.tile(chance[:, :4], 16)
    assert (lempel_ziv_complexity(repeated) < lempel_ziv_complexity(chance)).all()
