"""Features with a random matrix of correlations."""

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import random_copula
from superpos.data.random_copula import factors_of, random_correlations
from tests.superpos.data.laws import drawn, rate_is
from tests.superpos.data.test_copula import both_on

SIZES = (0.3, 0.9)


def test_a_matrix_of_small_correlations_is_as_drawn() -> None:
    matrix = random_correlations(1, 60, (0.01, 0.02), uncorrelated=0.3, positive=0.25)
    values = matrix[np.triu_indices(60, 1)]
    np.testing.assert_array_equal(matrix, matrix.T)
    np.testing.assert_array_equal(np.diagonal(matrix), 1)
    assert rate_is(values == 0, 0.3)
    assert rate_is(values[values != 0] > 0, 0.25)
    sizes = np.abs(values[values != 0])
    assert sizes.min() >= 0.01 and sizes.max() <= 0.02


def test_a_matrix_that_is_none_is_made_one() -> None:
    matrix = random_correlations(0, 50, SIZES, uncorrelated=0.3, positive=0.5)
    assert np.linalg.eigvalsh(matrix)[0] > 0
    np.testing.assert_allclose(np.diagonal(matrix), 1)
    factors = np.float64(factors_of(matrix))
    np.testing.assert_allclose(factors @ factors.T, matrix, atol=1e-5)


def test_features_are_on_together_as_the_matrix_says() -> None:
    source = random_copula(n_features=4, density=0.4, densities=[1, 1, 0.5, 0.5], matrix_seed=2)
    matrix = random_correlations(2, 4, SIZES, uncorrelated=0.3, positive=0.5)
    on = drawn(source, 60_000) != 0
    p = [0.4, 0.4, 0.2, 0.2]
    for i in range(4):
        assert rate_is(on[:, i], p[i])
        for j in range(i):
            assert rate_is(on[:, i] & on[:, j], both_on(p[i], p[j], matrix[i, j]))


def test_ends_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ArgumentError, match="^most=0.2: expected at least least=0.3$"):
        random_copula(n_features=4, density=0.4, most=0.2)
