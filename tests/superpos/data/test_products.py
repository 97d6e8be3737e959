"""Products of two features."""

from itertools import combinations

import jax
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import draw, products, sparse_uniform
from superpos.data.magnitudes import uniform

N = 5


def test_targets_are_the_products_of_all_pairs_in_order() -> None:
    batch = draw(products(n_features=N, data=sparse_uniform(n_features=N, density=0.6)), key(), 30)
    x = np.asarray(batch.inputs, float)
    expected = [[row[i] * row[j] for i, j in combinations(range(N), 2)] for row in x]
    np.testing.assert_allclose(batch.targets, expected, rtol=1e-6)
    np.testing.assert_array_equal(batch.factors, batch.inputs)


def test_they_are_conjunctions_of_binary_features() -> None:
    on = sparse_uniform(n_features=N, density=0.6, magnitude=uniform(low=1.0, high=1.0))
    batch = draw(products(n_features=N, data=on), key(), 200)
    x = np.asarray(batch.inputs) > 0
    expected = np.array([[row[i] and row[j] for i, j in combinations(range(N), 2)] for row in x])
    np.testing.assert_array_equal(batch.targets, expected.astype(float))
    assert 0 < expected.mean() < 1


@pytest.mark.parametrize(
    ("n", "message"),
    [(1, r"^n_features=1: expected .*2"), (3, rf"^n_features=3: expected the {N} of data$")],
)
def test_it_has_two_features_or_more_and_those_of_its_source(n: int, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        products(n_features=n, data=sparse_uniform(n_features=N, density=0.5))


def key() -> jax.Array:
    return jax.random.key(0)
