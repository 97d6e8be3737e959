"""Direct optimisation by trying candidates: local search, beam search, random search and CEM."""

import jax
import jax.numpy as jnp

from experiments.optimisation.families import Family
from experiments.optimisation.paths import Solver, best_so_far, path_of
from superpos.types import Array, Key

CANDIDATES, ELITE = 16, 4
"""Of a step of random search and of CEM, and those that CEM fits its next candidates to."""
SMOOTHING = 0.7
"""Weight of the new fit of CEM."""


def local(family: Family, n_steps: int) -> Solver:
    """Move the vertex that helps most; where none helps, begin anew at random. The best is kept."""

    def solve(c: Array, start: Array, key: Key) -> Array:
        def step(x: Array, anew: Array) -> Array:
            gains = x * family.slope(c, x)[0]
            most = jnp.argmax(gains)
            moved = x.at[most].multiply(-1.0)
            return jnp.where(gains[most] > 1e-6, moved, anew)

        starts = family.prior(key, (n_steps, *start.shape))
        path = path_of(step, family.admitted(start), starts)
        return best_so_far(family, c, path)

    return solve


def beam(family: Family, n_steps: int) -> Solver:
    """Beam search over the vertices in their order, each on either side of those before it.

    Instead of after steps, the answers are those of beams of 0, 1, 2, ..., n_steps partial cuts; of
    none it is the start. The first vertex is on side -1, as each cut has a mirror image.

    Source: Lowerre 1976, The HARPY Speech Recognition System.
    """

    def solve(c: Array, start: Array, key: Key) -> Array:
        del key
        M, n = family.slope(c, start)[1], len(start)
        lanes = jnp.arange(n_steps)

        def of_width(width: Array) -> Array:
            def place(beam: tuple[Array, Array], vertex: Array) -> tuple[tuple[Array, Array], None]:
                cuts, scores = beam
                tension = cuts @ M[vertex]
                both = jnp.concatenate([scores - tension, scores + tension])  # on side -1, on +1
                order = jnp.argsort(both, stable=True)[:n_steps]
                sides = jnp.where(order < n_steps, -1.0, 1.0)
                placed = cuts[order % n_steps].at[:, vertex].set(sides)
                return (placed, jnp.where(lanes < width, both[order], jnp.inf)), None

            first = jnp.zeros((n_steps, n)).at[:, 0].set(-1.0)
            beam = first, jnp.where(lanes == 0, 0.0, jnp.inf)
            (cuts, _), _ = jax.lax.scan(place, beam, jnp.arange(1, n))
            return cuts[0]

        found = jax.vmap(of_width)(jnp.arange(1, n_steps + 1))
        return jnp.concatenate([family.admitted(start)[None], found])

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


def _best(family: Family, c: Array, answers: Array) -> Array:
    return answers[jnp.argmin(jax.vmap(lambda x: family.value(c, x))(answers))]
