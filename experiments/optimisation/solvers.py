"""Direct optimisation: steps that look at the problem at hand, from a start on.

A solver is a function (c, start, key) -> the answers that it would give after 0, 1, 2, ... steps.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp

from experiments.optimisation.families import FAMILIES, Family, quadratic_parts
from superpos.types import Array, Key, Scalar

Solver = Callable[[Array, Array, Key], Array]
"""c (n_features,), start (n,), key -> answers (n_steps + 1, n)."""
CANDIDATES, ELITE = 16, 4
"""Of a step of random search and of CEM, and those that CEM fits its next candidates to."""
SMOOTHING = 0.7
"""Weight of the new fit of CEM."""


class Cost(NamedTuple):
    """Of one step for n unknowns, random numbers not counted.

    Attributes:
        flops: floating-point operations.
        evaluations: candidates whose value is computed.
    """

    flops: float
    evaluations: int


def value_flops(n: int) -> float:
    """Of the value of an answer: M x, xᵀ(M x), and a scalar product or a constant."""
    return 2 * n**2 + 4 * n


def costs(n: int) -> dict[str, Cost]:
    """Cost of a step of each solver for n unknowns."""
    value, sort = value_flops(n), CANDIDATES * ELITE
    fit = CANDIDATES * 2 * n + ELITE * 5 * n
    return {
        "gradient": Cost(2 * n**2 + 3 * n, 0),
        "newton": Cost(2 * n**3 / 3 + 4 * n**2, 0),
        "local": Cost(2 * n**2 + 3 * n, n),
        "random": Cost(CANDIDATES * (value + n), CANDIDATES),
        "cem": Cost(CANDIDATES * value + fit + sort, CANDIDATES),
    }


SOLVERS: Mapping[str, tuple[str, ...]] = {
    "quadratics": ("gradient", "newton", "random", "cem"),
    "max_cut": ("local", "random", "cem"),
}
"""Family -> its solvers; the first one improves any start."""


def solver_of(name: str, family: str, n_steps: int, step_size: Scalar) -> Solver:
    """A solver of a family by its name; the step size is that of gradient descent."""
    kind = FAMILIES[family]
    if name == "gradient":
        return gradient(n_steps, step_size)
    if name == "newton":
        return newton(n_steps)
    if name == "local":
        return local(kind, n_steps)
    return (random_search if name == "random" else cross_entropy)(kind, n_steps)


def gradient(n_steps: int, step_size: Scalar) -> Solver:
    """Gradient descent on a quadratic."""

    def solve(c: Array, start: Array, key: Key) -> Array:
        del key
        A, b = quadratic_parts(c)
        return _path(lambda x, _: gradient_step(A, b, x, step_size), start, jnp.arange(n_steps))

    return solve


def gradient_step(A: Array, b: Array, x: Array, step_size: Scalar) -> Array:
    """One step down the gradient of ½xᵀAx - bᵀx."""
    return x - step_size * (A @ x - b)


def newton(n_steps: int) -> Solver:
    """Newton's method, which is exact on a quadratic after one step."""

    def solve(c: Array, start: Array, key: Key) -> Array:
        del key
        A, b = quadratic_parts(c)
        found = start - jnp.linalg.solve(A, A @ start - b)
        return jnp.stack([start, *[found] * n_steps])

    return solve


def local(family: Family, n_steps: int) -> Solver:
    """Move the vertex that helps most; where none helps, begin anew at random. The best is kept."""

    def solve(c: Array, start: Array, key: Key) -> Array:
        W = family.matrix(c)

        def step(x: Array, anew: Array) -> Array:
            gains = x * (W @ x)
            most = jnp.argmax(gains)
            moved = x.at[most].multiply(-1.0)
            return jnp.where(gains[most] > 1e-6, moved, anew)

        starts = family.prior(key, (n_steps, *start.shape))
        path = _path(step, family.admitted(start), starts)
        return best_so_far(family, c, path)

    return solve


def random_search(family: Family, n_steps: int) -> Solver:
    """Draws from the prior of the family, of which the best is kept."""

    def solve(c: Array, start: Array, key: Key) -> Array:
        drawn = family.prior(key, (n_steps, CANDIDATES, start.shape[0]))
        path = jnp.concatenate([start[None], jax.vmap(lambda each: _best(family, c, each))(drawn)])
        return best_so_far(family, c, path)

    return solve


def cross_entropy(family: Family, n_steps: int) -> Solver:
    """The cross-entropy method with a normal distribution for each unknown.

    Source: Rubinstein & Kroese 2004, The Cross-Entropy Method. Draws are `admitted`, so that those
    of cuts are signs of normal numbers.
    """

    def solve(c: Array, start: Array, key: Key) -> Array:
        def step(moments: Array, noise: Array) -> tuple[Array, Array]:
            mean, std = moments
            answers = family.admitted(mean[None] + std[None] * noise)
            order = jnp.argsort(jax.vmap(lambda x: family.value(c, x))(answers))
            elite = answers[order[:ELITE]]
            fitted = jnp.stack([elite.mean(0), elite.std(0)])
            return SMOOTHING * fitted + (1 - SMOOTHING) * moments, answers[order[0]]

        first = jnp.stack([start, jnp.full_like(start, family.spread)])
        noise = jax.random.normal(key, (n_steps, CANDIDATES, start.shape[0]))
        _, found = jax.lax.scan(step, first, noise)
        return best_so_far(family, c, jnp.concatenate([start[None], found]))

    return solve


def best_so_far(family: Family, c: Array, path: Array) -> Array:
    """Of each step, the best answer up to it, of the shape of the path."""
    values = jax.vmap(lambda x: family.value(c, x))(path)

    def better(best: tuple[Array, Array], new: tuple[Array, Array]) -> tuple[Array, Array]:
        return jnp.minimum(best[0], new[0]), jnp.where(new[0] < best[0], new[1], best[1])

    where = jnp.arange(len(path))
    _, at = jax.lax.associative_scan(jax.vmap(better), (values, where))
    return path[at]


def _best(family: Family, c: Array, answers: Array) -> Array:
    return answers[jnp.argmin(jax.vmap(lambda x: family.value(c, x))(answers))]


def _path(step: Callable[[Array, Array], Array], start: Array, each: Array) -> Array:
    """A start and what follows it, (n + 1, n_unknowns)."""

    def body(x: Array, of_step: Array) -> tuple[Array, Array]:
        x = step(x, of_step)
        return x, x

    return jnp.concatenate([start[None], jax.lax.scan(body, start, each)[1]])
