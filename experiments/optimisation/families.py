"""Families of problems whose best answers are known: quadratics, and cuts of small graphs.

A problem is a vector of numbers c: of a quadratic ½xᵀAx - bᵀx the upper triangle of A and then b;
of a cut the weights of the edges of a graph, the upper triangle without its diagonal. Relative
regret is (f(x) - f*) / (f₀ - f*), where f₀ is what an answer without any knowledge has: x = 0 of a
quadratic, and of a cut the mean over all cuts.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError
from superpos.types import Array, Key

FamilyName = Literal["quadratics", "max_cut"]
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
"""Standard deviation of what random search and CEM start with: that of answers is 4.6."""


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
        matrix: c -> the symmetric matrix of the problem, (n, n).
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
    matrix: Callable[[Array], Array]

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
        sizes = [str(size) for size in range(2, 120) if family.n_unknowns(size)]
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
    key_values, key_vectors, key_b = jax.random.split(key, 3)
    exponents = jax.random.uniform(key_values, (n,)).at[0].set(0.0).at[-1].set(1.0)
    values = jnp.asarray(CONDITIONS)[shift] ** -exponents

    def reflected(Q: Array, u: Array) -> tuple[Array, None]:
        return Q - 2 * jnp.outer(Q @ u, u) / (u @ u), None

    normals = jax.random.normal(key_vectors, (N_REFLECTIONS, n))
    Q, _ = jax.lax.scan(reflected, jnp.eye(n), normals)
    A = (Q * values[None]) @ Q.T
    b = jnp.asarray(SCALES)[shift] * jax.random.normal(key_b, (n,))
    return jnp.concatenate([A[np.triu_indices(n)], b])


def _value_quadratic(c: Array, x: Array) -> Array:
    A, b = quadratic_parts(c)
    return x @ (A @ x) / 2 - b @ x


def _sample_cut(key: Key, shift: Array | int, n_features: int) -> Array:
    key_edges, key_weights = jax.random.split(key)
    there = jax.random.bernoulli(key_edges, jnp.asarray(EDGES)[shift], (n_features,))
    least = jnp.where(shift == 1, -1.0, 0.0)
    weights = jax.random.uniform(key_weights, (n_features,), minval=least)
    return jnp.where(there, weights, 0.0)


def _matrix_cut(c: Array) -> Array:
    return symmetric(c, _of_cut(c.shape[0]), 1)


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


FAMILIES: Mapping[str, Family] = {
    "quadratics": Family(
        ("as trained on", "condition 100", "b four times as large"),
        _of_quadratic,
        _sample_quadratic,
        lambda c: jnp.linalg.solve(*quadratic_parts(c)),
        _value_quadratic,
        lambda _: jnp.zeros(()),
        lambda x: x,
        SPREAD,
        lambda key, shape: SPREAD * jax.random.normal(key, shape),
        lambda c: quadratic_parts(c)[0],
    ),
    "max_cut": Family(
        ("as trained on", "weights of both signs", "a fifth of the edges"),
        _of_cut,
        _sample_cut,
        _solution_cut,
        _value_cut,
        lambda c: -c.sum() / 2,
        _sides,
        1.0,
        lambda key, shape: _sides(jax.random.normal(key, shape)),
        _matrix_cut,
    ),
}
