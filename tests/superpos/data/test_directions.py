"""Directions of features: unit, apart from one another, and the same for a seed."""

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import orthogonalised, orthonormal


def loss(rows: np.ndarray) -> float:
    gram = rows @ rows.T
    norms = np.diagonal(gram)
    return float((gram**2).sum() - (norms**2).sum() + len(rows) * ((norms - 1) ** 2).sum())


def test_rows_are_unit_and_fewer_steps_leave_them_closer() -> None:
    apart = [orthogonalised(3, 12, 5, n_steps=n, learning_rate=0.01) for n in (0, 20, 200)]
    for rows in apart:
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-6)
    none, some, many = (loss(np.float64(rows)) for rows in apart)
    assert none > some > many
    floor = 12**2 / 5 - 12  # of Welch: the sum of the squares off the diagonal
    assert many == pytest.approx(floor, rel=0.05)


def test_the_gradient_is_that_of_the_loss() -> None:
    from superpos.data.directions import _gradient

    rows = np.random.default_rng(0).normal(size=(4, 3))
    expected = np.zeros_like(rows)
    for place in np.ndindex(rows.shape):
        step = np.zeros_like(rows)
        step[place] = 1e-5
        expected[place] = (loss(rows + step) - loss(rows - step)) / 2e-5
    np.testing.assert_allclose(_gradient(rows), expected, rtol=1e-6)


def test_a_first_step_of_adam_is_the_sign_of_the_gradient() -> None:
    from superpos.data.directions import _gradient

    start = np.float64(orthogonalised(1, 6, 3, n_steps=0))
    moved = start - 1e-3 * np.sign(_gradient(start))
    expected = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    found = orthogonalised(1, 6, 3, n_steps=1, learning_rate=1e-3)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_orthonormal_rows() -> None:
    rows = orthonormal(0, 4, 6)
    np.testing.assert_allclose(rows @ rows.T, np.eye(4), atol=1e-6)
    np.testing.assert_array_equal(rows, orthonormal(0, 4, 6))
    assert not np.allclose(rows, orthonormal(1, 4, 6))
    with pytest.raises(ArgumentError, match="^n_features=7: expected at most n_inputs=6$"):
        orthonormal(0, 7, 6)
