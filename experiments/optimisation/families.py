"""Families of problems whose best answers are known: quadratics, cuts of small graphs, and wells.

A problem is a vector of numbers c: of a quadratic ½xᵀAx - bᵀx the upper triangle of A and then b;
of a cut the weights of the edges of a graph, the upper triangle without its diagonal; of a sum of
wells what `experiments.optimisation.wells` says. Relative regret is (f(x) - f*) / (f₀ - f*), where
f₀ is what an answer without any knowledge has: x = 0 of a quadratic, of a cut the mean over all
cuts, and of wells that over their box.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr

from experiments.optimisation import wells
from superpos.arguments import ArgumentError
from superpos.types import Array, Key

FamilyName = Literal["quadratics", "max_cut", "multimodal"]
CONDITIONS = (10.0, 100.0, 10.0)
"""Condition number of quadratics, by shift."""
SCALES = (1.0, 1.0, 4.0)
"""Standard deviation of the entries of b, by shift."""
EDGES = (0.5, 1.0, 0.2)
"""Probability of an edge of a graph, by shift; in the second, weights have either sign."""
LEAST_GAP = 1e-12
"""Of f₀ - f*, for a graph without edges, of which every answer is best."""
N_REFLECTIONS = 4
"""Of which the eigenvectors of a quadratic are made."""
SPREAD = 3.0
"""Standard deviation of what random search and CEM start with: that of answers is 5.4."""


class Family(NamedTuple):
    """Problems of one kind, as functions of ONE problem c (n_features,) and ONE answer x (n,).

    Attributes:
        shifts: names of the distributions that problems are drawn from; the first is trained on.
        n_unknowns: numbers of a problem -> n; 0 where no problem has so many.
        sample: (key, shift, n_features) -> c.
        solution: c -> a best answer (n,).
        value: (c, x) -> f, which is to be small; of answers between those of a cut, the mean.
        baseline: c -> f₀.
        admitted: x -> the nearest answer that the family has.
        spread: standard deviation of each number of an answer that knows nothing of c.
        prior: (key, shape) -> such answers.
        start: (key, shape) -> answers that solvers start from.
        slope: (c, x) -> gradient (n,) and Hessian (n, n) of f at x, in a unit in which no second
            derivative is larger than 1; of cuts M x and the weights M of the edges.
    """

    shifts: tuple[str, str, str]
    n_unknowns: Callable[[int], int]
    sample: Callable[[Key, Array | int, int], Array]
    solution: Callable[[Array], Array]
    value: Callable[[Array, Array], Array]
    baseline: Callable[[Array], Array]
    admitted: Callable[[Array], Array]
    spread: float
    prior: Callable[[Key, tuple[int, ...]], Array]
    start: Callable[[Key, tuple[int, ...]], Array]
    slope: Callable[[Array, Array], tuple[Array, Array]]

    def ends(self, problems: Array) -> Array:
        """f* and f₀ of each problem, between which its relative regret is counted, (n, 2)."""
        best = jax.vmap(lambda c: self.value(c, self.solution(c)))(problems)
        return jnp.stack([best, jax.vmap(self.baseline)(problems)], axis=-1)


def symmetric(upper: Array, n: int, diagonal: int) -> Array:
    """A matrix from its upper triangle, row by row, from a diagonal on; else 0; (n, n)."""
    rows, columns = np.triu_indices(n, diagonal)
    places = np.full((n, n), len(rows))
    places[rows, columns] = places[columns, rows] = np.arange(len(rows))
    return jnp.append(upper, 0.0)[places]


def quadratic_parts(c: Array) -> tuple[Array, Array]:
    """A (n, n) and b (n,)."""
    n = _of_quadratic(c.shape[0])
    return symmetric(c[:-n], n, 0), c[-n:]


def solve_definite(A: Array, b: Array) -> Array:
    """Solve A x = b for a positive definite A (n, n), by Gauss-Jordan elimination without pivots.

    Batched calls of LAPACK, as of `jnp.linalg.solve`, can wait for each other for ever where
    members of a sweep make them at once, as `superpos.metrics.symmetric` says.
    """

    def eliminate(k: Array, rows: Array) -> Array:
        pivot = rows[k] / rows[k, k]
        return (rows - rows[:, k][:, None] * pivot[None]).at[k].set(pivot)

    rows = jnp.concatenate([A, b[:, None]], axis=1)
    return jax.lax.fori_loop(0, len(b), eliminate, rows)[:, -1]


def all_cuts(n: int) -> np.ndarray:
    """All answers of a cut, float32 (2^n, n)."""
    return 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(np.float32) - 1


def unknowns_of(family: Family, name: str, n_features: int) -> int:
    """The unknowns of problems of so many numbers.

    Raises:
        ArgumentError: there are none; one line.
    """
    n = family.n_unknowns(n_features)
    if not n:
        sizes = [str(size) for size in range(1, 120) if family.n_unknowns(size)]
        listed = ", ".join(sizes[:8])
        raise ArgumentError(f"n_features={n_features}: expected one of {listed}, ... of {name}")
    return n


def _of_quadratic(n_features: int) -> int:
    n = round((2 * n_features + 2.25) ** 0.5 - 1.5)
    return n if n * (n + 3) // 2 == n_features else 0


def _of_cut(n_features: int) -> int:
    n = round((2 * n_features + 0.25) ** 0.5 + 0.5)
    return n if n * (n - 1) // 2 == n_features and 1 < n <= 12 else 0


def _sample_quadratic(key: Key, shift: Array | int, n_features: int) -> Array:
    """Eigenvalues from 1 down to 1 over the condition number, those between log-uniform."""
    n = _of_quadratic(n_features)
    normals = jax.random.normal(key, (N_REFLECTIONS + 2, n))  # one draw compiles sooner than three
    exponents = ndtr(normals[0]).at[0].set(0.0).at[-1].set(1.0)
    values = jnp.asarray(CONDITIONS)[shift] ** -exponents

    def reflected(Q: Array, u: Array) -> tuple[Array, None]:
        return Q - 2 * jnp.outer(Q @ u, u) / (u @ u), None

    Q, _ = jax.lax.scan(reflected, jnp.eye(n), normals[2:])
    A = (Q * values[None]) @ Q.T
    b = jnp.asarray(SCALES)[shift] * normals[1]
    return jnp.concatenate([A[np.triu_indices(n)], b])


def _slope_quadratic(c: Array, x: Array) -> tuple[Array, Array]:
    A, b = quadratic_parts(c)
    return A @ x - b, A


def _value_quadratic(c: Array, x: Array) -> Array:
    A, b = quadratic_parts(c)
    return x @ (A @ x) / 2 - b @ x


def _sample_cut(key: Key, shift: Array | int, n_features: int) -> Array:
    drawn = jax.random.uniform(key, (2, n_features))
    there = drawn[0] < jnp.asarray(EDGES)[shift]
    least = jnp.where(shift == 1, -1.0, 0.0)
    weights = least + (1 - least) * drawn[1]
    return jnp.where(there, weights, 0.0)


def _matrix_cut(c: Array) -> Array:
    return symmetric(c, _of_cut(c.shape[0]), 1)


def _slope_cut(c: Array, x: Array) -> tuple[Array, Array]:
    M = _matrix_cut(c)
    return M @ x, M


def _value_cut(c: Array, x: Array) -> Array:
    """Less the weight of the edges between both sides."""
    return x @ (_matrix_cut(c) @ x) / 4 - c.sum() / 2


def _solution_cut(c: Array) -> Array:
    n = _of_cut(c.shape[0])
    cuts = all_cuts(n)[::2]  # those whose first vertex is -1
    rows, columns = np.triu_indices(n, 1)
    products = jnp.asarray(cuts[:, rows] * cuts[:, columns])
    return jnp.asarray(cuts)[jnp.argmin(products @ c)]


def _sides(x: Array) -> Array:
    return jnp.where(x >= 0, 1.0, -1.0)


def _zeros(key: Key, shape: tuple[int, ...]) -> Array:
    del key
    return jnp.zeros(shape)


def _random_sides(key: Key, shape: tuple[int, ...]) -> Array:
    return _sides(jax.random.normal(key, shape))


def _in_box(key: Key, shape: tuple[int, ...]) -> Array:
    return jax.random.uniform(key, shape, minval=-1.0, maxval=1.0)


FAMILIES: Mapping[str, Family] = {
    "quadratics": Family(
        shifts=("as trained on", "condition 100", "b four times as large"),
        n_unknowns=_of_quadratic,
        sample=_sample_quadratic,
        solution=lambda c: solve_definite(*quadratic_parts(c)),
        value=_value_quadratic,
        baseline=lambda _: jnp.zeros(()),
        admitted=lambda x: x,
        spread=SPREAD,
        prior=lambda key, shape: SPREAD * jax.random.normal(key, shape),
        start=_zeros,
        slope=_slope_quadratic,
    ),
    "max_cut": Family(
        shifts=("as trained on", "weights of both signs", "a fifth of the edges"),
        n_unknowns=_of_cut,
        sample=_sample_cut,
        solution=_solution_cut,
        value=_value_cut,
        baseline=lambda c: -c.sum() / 2,
        admitted=_sides,
        spread=1.0,
        prior=_random_sides,
        start=_random_sides,
        slope=_slope_cut,
    ),
    "multimodal": Family(
        shifts=("as trained on", "wells at the edge", "wells four times as deep"),
        n_unknowns=wells.n_unknowns,
        sample=wells.sample,
        solution=wells.solution,
        value=wells.value,
        baseline=wells.baseline,
        admitted=lambda x: x,
        spread=3**-0.5,
        prior=_in_box,
        start=_in_box,
        slope=wells.slope,
    ),
}
