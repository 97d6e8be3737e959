"""Targets with a mixture of the inputs."""

import jax
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import draw, elementwise, mixed, sparse_uniform
from superpos.data.mixed import mixing_matrix

N = 6
SPARSE = sparse_uniform(n_features=N, density=0.5)
RELU = elementwise(n_features=N, data=SPARSE, function="relu")


@pytest.mark.parametrize("mixture", ["gaussian", "embedding"])
def test_the_mixture_is_added_to_the_targets_alone(mixture) -> None:
    source = mixed(n_features=N, data=RELU, mixing=0.3, mixture=mixture, n_embed=9, mixture_seed=2)
    before, after = (draw(each, jax.random.key(0), 50) for each in (RELU, source))
    np.testing.assert_array_equal(before.inputs, after.inputs)
    np.testing.assert_array_equal(before.factors, after.factors)
    M = np.asarray(mixing_matrix(mixture, N, 9, 2), float)
    x = np.asarray(before.inputs, float)
    expected = np.array([np.maximum(row, 0) + 0.3 * M @ row for row in x])
    np.testing.assert_allclose(after.targets, expected, atol=1e-6)


def test_a_gaussian_is_standard_normal() -> None:
    M = np.asarray(mixing_matrix("gaussian", 200, None, 5))
    assert abs(M.mean()) < 4 / 200 and abs(M.std() - 1) < 4 / np.sqrt(2) / 200
    assert not np.allclose(M, mixing_matrix("gaussian", 200, None, 6))


def test_overlaps_of_an_embedding_are_of_size_one_over_the_root_of_its_dimensions() -> None:
    n, d = 100, 400
    M = np.asarray(mixing_matrix("embedding", n, d, 0), float)
    np.testing.assert_allclose(np.diag(M), 0, atol=1e-6)
    np.testing.assert_array_equal(M, M.T)
    assert np.isclose(M[np.triu_indices(n, 1)].std(), d**-0.5, rtol=0.1)
    assert np.linalg.eigvalsh(M).max() <= 1 + 1e-6  # as E Eᵀ has no negative eigenvalue


def test_a_residual_stream_leaves_its_neurons_this_to_do() -> None:
    """|x + ReLU(x) - E (Eᵀx + z)| is |ReLU(x) + M x - E z|, whatever z the neurons write."""
    d, rng = 8, np.random.default_rng(0)
    M = np.asarray(mixing_matrix("embedding", N, d, 1), float)
    values, vectors = np.linalg.eigh(np.eye(N) - M)
    E = vectors * np.sqrt(np.maximum(values, 0))  # any with this E Eᵀ
    x, z = rng.uniform(-1, 1, N), rng.normal(size=N)
    stream = x + np.maximum(x, 0) - E @ (E.T @ x + z)
    np.testing.assert_allclose(stream, np.maximum(x, 0) + M @ x - E @ z, atol=1e-6)


def test_it_has_the_features_of_its_source() -> None:
    with pytest.raises(ArgumentError, match=rf"^n_features=3: expected the {N} of data$"):
        mixed(n_features=3, data=SPARSE, mixing=0.1)
