"""Problems against NumPy: their spectra, their values and their best answers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.optimisation.families import (
    CONDITIONS,
    FAMILIES,
    all_cuts,
    quadratic_parts,
    solve_definite,
)
from experiments.optimisation.problems import problems
from superpos.arguments import ArgumentError
from superpos.data import draw

SIZE = {"n_features": 14, "n_held_out": 3}


@jax.jit
def batch_of():
    """A batch of problems of 4 unknowns, and what is held out."""
    made = problems(**SIZE)
    return draw(made, jax.random.key(0), 5), made.held_out


@jax.jit
def quadratic(shift):
    """A problem, its best answer, and the value of another one."""
    kind = FAMILIES["quadratics"]
    c = kind.sample(jax.random.key(0), shift, 14)
    return c, kind.solution(c), kind.value(c, jnp.array(X))


X = np.array([0.3, -1.0, 2.0, 0.5])


@pytest.mark.parametrize("shift", [0, 1])
def test_quadratics_have_their_condition_number_and_their_best_answer(shift):
    c, solution, value = quadratic(shift)
    A, b = (np.asarray(part, float) for part in quadratic_parts(c))
    np.testing.assert_array_equal(A, A.T)
    found = np.linalg.eigvalsh(A)
    np.testing.assert_allclose(found[[0, -1]], [1 / CONDITIONS[shift], 1], rtol=1e-4)
    np.testing.assert_allclose(solution, np.linalg.solve(A, b), rtol=1e-3)
    np.testing.assert_allclose(value, X @ A @ X / 2 - b @ X, rtol=1e-5)


def test_definite_systems_are_solved_as_by_numpy():
    normals = np.random.default_rng(0).normal(size=(8, 8))
    Q, _ = np.linalg.qr(normals)
    A, b = (Q * np.geomspace(1, 0.01, 8)[None]) @ Q.T, normals[0]
    found = jax.jit(solve_definite)(np.float32(A), np.float32(b))
    np.testing.assert_allclose(found, np.linalg.solve(A, b), rtol=1e-3)


def test_a_cut_is_worth_the_edges_that_it_cuts():
    kind = FAMILIES["max_cut"]
    c = np.float32([1, 2, 4])  # edges 01, 02, 12
    cut = {(1, 1, 1): 0, (1, 1, -1): 6, (1, -1, 1): 5, (-1, 1, 1): 3}
    for x, weight in cut.items():
        assert kind.value(c, np.float32(x)) == -weight
    assert kind.baseline(c) == -3.5
    assert abs(np.asarray(kind.solution(c)).sum()) == 1
    assert kind.value(c, kind.solution(c)) == -6


def test_cuts_are_all_there_once():
    found = all_cuts(5)
    assert found.shape == (32, 5) and len(np.unique(found, axis=0)) == 32
    assert set(np.unique(found)) == {-1, 1}


def test_batches_have_best_answers():
    batch, _ = batch_of()
    for c, x in zip(batch.inputs, batch.targets, strict=True):
        A, b = map(np.asarray, quadratic_parts(c))
        np.testing.assert_allclose(A @ x, b, atol=1e-4)


def test_held_out_problems_are_of_three_distributions():
    _, held_out = batch_of()
    conditions = [np.linalg.cond(quadratic_parts(c)[0]) for c in held_out]
    np.testing.assert_allclose(conditions, np.repeat(CONDITIONS, 3), rtol=1e-3)


@pytest.mark.parametrize(
    ("family", "size"), [("quadratics", 10), ("max_cut", 91), ("multimodal", 10)]
)
def test_sizes_of_no_problem_are_refused(family, size):
    with pytest.raises(ArgumentError, match=rf"^n_features={size}: expected one of [\d, ]+\.\.\."):
        problems(n_features=size, family=family)
