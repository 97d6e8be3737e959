"""Sums by token, and the tokens before."""

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.interp.explainers import tables

TOKENS = np.array([[3, 0, 3], [1, 1, 3]])


def test_sums_and_counts_by_token() -> None:
    values = np.array([[1.0, 2, 4], [8, 16, 32]])
    np.testing.assert_array_equal(tables.sums_by_token(TOKENS, values, 5), [2, 24, 0, 37, 0])
    np.testing.assert_array_equal(tables.sums_by_token(TOKENS, None, 5), [1, 2, 0, 3, 0])


def test_a_token_outside_the_vocabulary_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^vocabulary: has 3 tokens, expected more than the 3"):
        tables.sums_by_token(TOKENS, None, 3)


def test_tokens_before_stay_in_their_context() -> None:
    np.testing.assert_array_equal(tables.shifted(TOKENS, 1, -1), [[-1, 3, 0], [-1, 1, 1]])
    np.testing.assert_array_equal(tables.shifted(TOKENS, 2, 9), [[9, 9, 3], [9, 9, 1]])
    np.testing.assert_array_equal(tables.shifted(TOKENS, 4, 9), np.full((2, 3), 9))
