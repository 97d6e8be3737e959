"""Direct solvers against closed forms, and what they may never do."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.optimisation import descent
from experiments.optimisation.amortised import amortised
from experiments.optimisation.evaluations import budgets, direct, refined, values
from experiments.optimisation.exact import reference
from experiments.optimisation.families import FAMILIES, quadratic_parts
from experiments.optimisation.paths import best_so_far
from experiments.optimisation.problems import problems
from experiments.optimisation.solvers import SOLVERS, solver_of
from superpos.arguments import ArgumentError

RNG = np.random.default_rng(0)
SIZES = {"quadratics": 14, "max_cut": 28, "multimodal": 12}


def solved(name, family, n_steps, step_size=0.5, c=None, start=None):
    """A problem, the answers to it after each step, and their values."""
    kind = FAMILIES[family]
    n = kind.n_unknowns(SIZES[family] if c is None else len(c))

    @jax.jit
    def run(key):
        key_problem, key_start, key_solver = jax.random.split(key, 3)
        given = kind.sample(key_problem, 0, SIZES[family]) if c is None else jnp.asarray(c)
        x = kind.start(key_start, (n,)) if start is None else jnp.asarray(start)
        path = solver_of(name, family, n_steps, step_size)(given, x, key_solver)
        return given, path, jax.vmap(lambda x: kind.value(given, x))(path), kind.admitted(path)

    return run(jax.random.key(1))


def test_gradient_descent_shrinks_each_eigenvector_by_its_factor():
    c, path, *_ = solved("gradient", "quadratics", 5, 1.5)
    A, b = (np.asarray(part, float) for part in quadratic_parts(c))
    eigenvalues, vectors = np.linalg.eigh(A)
    errors = (np.asarray(path, float) - np.linalg.solve(A, b)) @ vectors
    expected = errors[0] * (1 - 1.5 * eigenvalues) ** np.arange(6)[:, None]
    np.testing.assert_allclose(errors, expected, atol=1e-4)


def test_momentum_follows_the_recurrence_of_each_eigenvector():
    c, path, *_ = solved("momentum", "quadratics", 5)
    A, b = (np.asarray(part, float) for part in quadratic_parts(c))
    eigenvalues, vectors = np.linalg.eigh(A)
    errors = (np.asarray(path, float) - np.linalg.solve(A, b)) @ vectors
    root = 10**-0.5  # of the condition number, where the largest eigenvalue is 1
    step_size, kept = 4 / (1 + root) ** 2, ((1 - root) / (1 + root)) ** 2
    before, now = errors[0], errors[0]
    for found in errors[1:]:
        before, now = now, now - step_size * eigenvalues * now + kept * (now - before)
        np.testing.assert_allclose(found, now, atol=1e-4)


def test_conjugate_gradients_are_exact_after_as_many_steps_as_unknowns():
    c, path, found, _ = solved("conjugate", "quadratics", 6)
    A, b = (np.asarray(part, float) for part in quadratic_parts(c))
    x = np.linalg.solve(A, b)
    np.testing.assert_allclose(path[4:], np.tile(x, (3, 1)), rtol=1e-3, atol=1e-4)
    krylov = np.stack([b, A @ b], axis=1)  # the best of what two gradients span, from 0
    best = krylov @ np.linalg.solve(krylov.T @ A @ krylov, krylov.T @ b)
    np.testing.assert_allclose(path[2], best, rtol=1e-3, atol=1e-4)
    assert found[3] > found[4]


def test_a_wide_beam_is_exact_and_a_narrow_one_is_greedy():
    edges = np.float32([1, 2, 4])  # 01, 02, 12
    _, path, *_ = solved("beam", "max_cut", 4, c=edges, start=np.ones(3, np.float32))
    np.testing.assert_array_equal(path[0], [1, 1, 1])
    np.testing.assert_array_equal(path[1], [-1, 1, -1])  # 1 away from 0, then 2 from 1: 4 > 2
    edges = np.float32(RNG.uniform(-1, 1, 10))  # 5 vertices: 16 cuts and their mirror images
    _, path, found, _ = solved("beam", "max_cut", 16, c=edges, start=np.ones(5, np.float32))
    np.testing.assert_allclose(found[16], reference("max_cut", edges[None]).best[0], rtol=1e-5)
    assert (np.abs(path) == 1).all()


def test_descent_begins_anew_where_it_has_ended(monkeypatch):
    monkeypatch.setattr(descent, "N_DESCENT", 4)
    c, path, found, _ = solved("restarts", "multimodal", 8)
    _, once, of_once, _ = solved("gradient", "multimodal", 8)
    np.testing.assert_allclose(found[:4], of_once[:4], rtol=1e-5)  # the same start
    known = best_so_far(FAMILIES["multimodal"], c, jnp.asarray(path))
    np.testing.assert_array_equal(known, path)


def test_newton_is_there_after_one_step():
    c, path, *_ = solved("newton", "quadratics", 3, start=np.ones(4, np.float32))
    A, b = map(np.asarray, quadratic_parts(c))
    np.testing.assert_array_equal(path[0], np.ones(4))
    np.testing.assert_allclose(path[1:], np.tile(np.linalg.solve(A, b), (3, 1)), rtol=1e-3)


def test_local_search_moves_the_vertex_that_helps_most():
    edges = np.float32([1, 2, 4])  # 01, 02, 12
    _, path, *_ = solved("local", "max_cut", 1, c=edges, start=np.ones(3, np.float32))
    np.testing.assert_array_equal(path, [[1, 1, 1], [1, 1, -1]])


NEVER_WORSE = [
    (family, name)
    for family, names in SOLVERS.items()
    for name in names
    if name not in ("beam", "momentum")
]


@pytest.mark.parametrize(("family", "name"), NEVER_WORSE)
def test_answers_are_of_the_family_and_are_never_worse_later(family, name):
    _, path, found, admitted = map(np.asarray, solved(name, family, 8))
    assert path.shape == (9, FAMILIES[family].n_unknowns(SIZES[family]))
    np.testing.assert_array_equal(path, admitted)
    assert (np.diff(found) <= 1e-5).all() and found[-1] < found[0]


def test_the_best_so_far_is_kept():
    kind, c = FAMILIES["quadratics"], np.float32([1, 0])  # x²/2
    path = np.float32([[2], [3], [-1], [1.5]])
    np.testing.assert_array_equal(best_so_far(kind, c, path), [[2], [2], [-1], [-1]])


def test_budgets_are_powers_of_two_and_values_are_those_of_the_judges():
    assert budgets(8) == [0, 1, 2, 4, 8]
    kind = FAMILIES["quadratics"]
    given, judges = np.float32([[1, 0]]), np.float32([[2, 4]])  # x²/2, and x² - 4 x
    halved = solver_of("gradient", "quadratics", 4, 0.5)
    found = values(kind, halved, given, np.float32([[8]]), judges, jax.random.key(0))
    x = 8 / 2.0 ** np.array([0, 1, 2, 4])
    np.testing.assert_allclose(found, [x**2 - 4 * x], rtol=1e-6)


@pytest.mark.parametrize("of", [direct, refined])
def test_each_seed_is_measured_from_starts_of_its_own(of):
    """Else seeds are copies of one run, and an interval over seeds is of one."""
    network = amortised(n_features=12, n_hidden=2, family="multimodal")
    source = problems(n_features=12, family="multimodal", n_held_out=1)
    assert not of(model=network, source=source, family="multimodal", doublings=1).common


def test_more_steps_than_can_be_kept_are_refused():
    network = amortised(n_features=12, n_hidden=2, family="multimodal")
    source = problems(n_features=12, family="multimodal", n_held_out=1)
    with pytest.raises(ArgumentError, match=r"^doublings=17: expected an integer in \[1, 16\]$"):
        direct(model=network, source=source, family="multimodal", doublings=17)


@pytest.mark.parametrize(
    ("n_features", "line"),
    [
        (12, "n_features=12: expected one of 1, 3, 6, 10, 15, 21, 28, 36, ... of max_cut"),
        (28, "family=max_cut: expected that of the problems of source"),
    ],
)
def test_problems_of_another_family_are_refused(n_features, line):
    network = amortised(n_features=n_features, n_hidden=2, family="multimodal")
    source = problems(n_features=n_features, family="multimodal", n_held_out=1)
    with pytest.raises(ArgumentError, match=f"^{line}$"):
        direct(model=network, source=source, family="max_cut")
