"""Direct optimisation by derivatives: gradient descent, momentum, conjugate gradients, Newton.

Gradients are in the unit of `Family.slope`, so that descent with a step size below 2 never rises.
"""

import jax
import jax.numpy as jnp

from experiments.optimisation.families import CONDITIONS, Family, quadratic_parts, solve_definite
from experiments.optimisation.paths import Solver, best_so_far, path_of
from superpos.types import Array, Key, Scalar

N_DESCENT = 32
"""Steps from one start, before descent with restarts begins anew."""


def gradient(family: Family, n_steps: int, step_size: Scalar) -> Solver:
    """Gradient descent."""

    def solve(c: Array, start: Array, key: Key) -> Array:
        del key
        return path_of(
            lambda x, _: gradient_step(family, c, x, step_size), start, jnp.arange(n_steps)
        )

    return solve


def gradient_step(family: Family, c: Array, x: Array, step_size: Scalar) -> Array:
    """One step down the gradient."""
    return x - step_size * family.slope(c, x)[0]


def restarts(family: Family, n_steps: int, step_size: Scalar) -> Solver:
    """Gradient descent, begun anew at random after every N_DESCENT steps; the best is kept."""

    def solve(c: Array, start: Array, key: Key) -> Array:
        starts = family.prior(key, (n_steps, *start.shape))
        anew = (jnp.arange(n_steps) + 1) % N_DESCENT == 0

        def step(x: Array, given: tuple[Array, Array]) -> Array:
            again, fresh = given
            return jnp.where(again, fresh, gradient_step(family, c, x, step_size))

        return best_so_far(family, c, path_of(step, start, (anew, starts)))

    return solve


def momentum(n_steps: int) -> Solver:
    """The heavy ball on a quadratic, with the best constants for those that are trained on.

    Source: Polyak 1964, Some Methods of Speeding Up the Convergence of Iteration Methods.
    """
    root = CONDITIONS[0] ** -0.5
    step_size, kept = 4 / (1 + root) ** 2, ((1 - root) / (1 + root)) ** 2

    def solve(c: Array, start: Array, key: Key) -> Array:
        del key
        A, b = quadratic_parts(c)

        def step(carry: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], Array]:
            x, moved = carry
            moved = kept * moved - step_size * (A @ x - b)
            return (x + moved, moved), x + moved

        _, path = jax.lax.scan(step, (start, jnp.zeros_like(start)), None, n_steps)
        return jnp.concatenate([start[None], path])

    return solve


def conjugate_gradients(n_steps: int) -> Solver:
    """Conjugate gradients, which are exact on a quadratic after as many steps as unknowns.

    Source: Hestenes & Stiefel 1952, Methods of Conjugate Gradients for Solving Linear Systems.
    """

    def solve(c: Array, start: Array, key: Key) -> Array:
        del key
        A, b = quadratic_parts(c)

        def step(
            carry: tuple[Array, Array, Array], _: None
        ) -> tuple[tuple[Array, Array, Array], Array]:
            x, residual, direction = carry
            before, along = residual @ residual, A @ direction
            x = x + _over(before, direction @ along) * direction
            residual = residual - _over(before, direction @ along) * along
            direction = residual + _over(residual @ residual, before) * direction
            return (x, residual, direction), x

        residual = b - A @ start
        _, path = jax.lax.scan(step, (start, residual, residual), None, n_steps)
        return jnp.concatenate([start[None], path])

    return solve


def _over(a: Array, b: Array) -> Array:
    """A / b, and 0 where there is nothing left to divide by."""
    return jnp.where(b > 0, a / jnp.where(b > 0, b, 1.0), 0.0)


def newton(n_steps: int) -> Solver:
    """Newton's method, which is exact on a quadratic after one step."""

    def solve(c: Array, start: Array, key: Key) -> Array:
        del key
        A, b = quadratic_parts(c)
        found = start - solve_definite(A, A @ start - b)
        return jnp.stack([start, *[found] * n_steps])

    return solve
