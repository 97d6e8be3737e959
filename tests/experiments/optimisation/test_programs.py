"""Programs against NumPy, what is written of them, and rules that are solvers known otherwise."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.optimisation import programs
from experiments.optimisation.families import FAMILIES, quadratic_parts
from experiments.optimisation.search import INPUTS, rule_of
from experiments.optimisation.solvers import solver_of

RNG = np.random.default_rng(0)
PLUS, MINUS, TIMES, OVER, MATVEC, DOT = range(6)


def paths(family, n_features, program, solver, start):
    """A problem, and the answers to it of the rule of a program and of a solver."""

    @jax.jit
    def run(key):
        key_problem, key_rule, key_solver = jax.random.split(key, 3)
        c = FAMILIES[family].sample(key_problem, 0, n_features)
        return c, rule_of(family, program, 3)(c, start, key_rule), solver(c, start, key_solver)

    return run(jax.random.key(2))


def genes(*rows):
    return jnp.array(rows, jnp.int32)


LINE_SEARCH = genes((MATVEC, 0, 3), (DOT, 0, 0), (DOT, 0, 4), (OVER, 5, 6), (TIMES, 0, 7))
"""g (g·g) / (g·M g): the exact line search of steepest descent."""


def test_a_program_is_evaluated_as_it_is_written():
    g, e, d, M = RNG.normal(size=3), RNG.normal(size=3), RNG.normal(size=3), RNG.normal(size=(3, 3))
    found = programs.run(LINE_SEARCH, jnp.stack([g, e, d, jnp.ones(3)]), M)
    np.testing.assert_allclose(found, g * (g @ g) / (g @ M @ g), rtol=1e-4)
    text = programs.written(np.asarray(LINE_SEARCH), INPUTS["quadratics"])
    assert text == "g * (dot(g, g) / dot(g, M(g)))"


@pytest.mark.parametrize(("operation", "expected"), [(PLUS, 5), (MINUS, -1), (TIMES, 6)])
def test_arithmetic(operation, expected):
    inputs = jnp.array([[2.0], [3.0]])
    assert programs.run(genes((operation, 0, 1)), inputs, jnp.eye(1)) == expected


def test_nothing_is_divided_by_nothing():
    inputs = jnp.array([[2.0, 2.0], [0.0, 4.0]])
    np.testing.assert_array_equal(programs.run(genes((OVER, 0, 1)), inputs, jnp.eye(2)), [0, 0.5])


def test_operations_that_nothing_reads_cost_nothing():
    program = genes((DOT, 0, 0), (MATVEC, 1, 2), (TIMES, 0, 3))
    np.testing.assert_array_equal(programs.in_use(program, 2), [False, True, True])
    assert programs.flops(np.asarray(program), 2, 5) == 2 * 25 + 5
    assert programs.flops(np.asarray(LINE_SEARCH), 4, 5) == 2 * 25 + 2 * 10 + 2 * 5


def test_genes_point_to_what_is_there():
    keys = jax.random.split(jax.random.key(0), 3)
    made = np.asarray(programs.random_programs(keys[0], 200, 5, 3))
    changed = np.asarray(programs.mutated(keys[1], made, 3, 0.5))
    for each in (made, changed):
        assert (each >= 0).all() and (each[..., 0] < len(programs.OPERATIONS)).all()
        assert (each[..., 1:] < 3 + np.arange(5)[:, None]).all()
        assert (each[:, -1, 1:].max(), each[..., 0].max()) == (7 - 1, len(programs.OPERATIONS) - 1)
    assert 0.3 < (made != changed).mean() < 0.5  # half of them drawn anew, some to the same
    np.testing.assert_array_equal(programs.mutated(keys[2], made, 3, 0.0), made)


def test_the_gradient_alone_is_gradient_descent():
    known = solver_of("gradient", "quadratics", 3, 1.0)
    _, found, expected = paths("quadratics", 14, genes((TIMES, 0, 3)), known, jnp.ones(4))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_previous_step_is_momentum():
    momentum = genes((TIMES, 1, 2), (PLUS, 0, 4))
    known = solver_of("gradient", "quadratics", 3, 1.0)
    c, found, _ = paths("quadratics", 14, momentum, known, jnp.zeros(4))
    A, b = (np.asarray(part, float) for part in quadratic_parts(c))
    x, e = np.zeros(4), np.zeros(4)
    for row in found[1:]:
        e = (A @ x - b) + np.diag(A) * e
        x = x - e
        np.testing.assert_allclose(row, x, atol=1e-4)


def test_the_score_of_a_move_is_local_search():
    score = genes((MATVEC, 0, 0), (TIMES, 0, 4))
    known = solver_of("local", "max_cut", 3, 1.0)
    _, found, expected = paths("max_cut", 28, score, known, jnp.ones(8))
    np.testing.assert_array_equal(found, expected)
