"""Writing a program: direct search over update rules, of which the best one solves problems later.

Where there are derivatives a program gives the step e of x <- x - e, from the gradient g, the step
before, the diagonal of the Hessian M and 1, in the unit of `Family.slope`. Of cuts it gives a score
for each vertex, from the sides x, the number of steps since each was moved, random numbers and 1;
the vertex of the highest score changes its side, and the best cut that was met is the answer.

Source: Real et al. 2020, AutoML-Zero: Evolving Machine Learning Algorithms From Scratch.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments.optimisation import programs
from experiments.optimisation.evaluations import budgets, held_out_problems_of, values
from experiments.optimisation.exact import MOST_REGRET
from experiments.optimisation.families import FAMILIES, LEAST_GAP, Family, FamilyName
from experiments.optimisation.paths import Doublings, Solver, best_so_far
from superpos.arguments import ArgumentError, Count, factory
from superpos.types import Array, Evaluation, Key, Model, Params, Source, State

OF_STEPS = ("g", "e_before", "diag(M)", "1")
INPUTS = {
    "quadratics": OF_STEPS,
    "max_cut": ("x", "age", "noise", "1"),
    "multimodal": OF_STEPS,
}
"""Family -> what a program reads; M is the Hessian, or the weights of the edges."""
N_PARENTS = 16
RATE = 0.1
"""Probability that a gene is drawn anew."""
PRICE = 0.01
"""Of an operation, in factors of 10 of the regret."""
LEAST_REGRET = 1e-6


@factory
def program_search(
    *,
    model: Model,
    source: Source,
    family: FamilyName = "quadratics",
    n_nodes: Count = 8,
    n_generations: Count = 128,
    n_children: Count = 128,
    n_problems: Count = 32,
    n_validation: Count = 128,
    n_steps: Count = 16,
    doublings: Doublings = 6,
) -> Evaluation:
    """Evolve update rules on problems of their own, and try the best one on what is held out.

    A generation mutates random parents; the fittest of parents and children are the next parents.
    Fitness is log10 of the mean relative regret, averaged over budgets 1, 2, 4, ..., n_steps. After
    0, 1, 2, 4, ... generations the best parent on other problems, the validation, is kept. A second
    search, in which each answer is judged by the objective of another problem, is the control.

    Args:
        model: anything that takes the problems; it is not read.
        source: of `problems`.
        family: of these problems.
        n_nodes: operations of a program, in use or not, >= 1.
        n_generations: >= 1.
        n_children: programs that are tried in each, >= 1.
        n_problems: that all programs are tried on, >= 1.
        n_validation: problems that the best parent is chosen by, >= 1.
        n_steps: that a program may take in the search, a budget on what is held out above 0.
        doublings: budgets on what is held out are 0, 1, 2, ..., 2^(doublings - 1) steps, in
            [1, 16].

    Returns:
        An Evaluation of `program_values`, the values f of answers of the programs kept, (2, n_kept,
        n_problems, doublings + 1), led by the search and its control, `program`, their genes, int32
        (2, n_kept, n_nodes, 3), their `fitness` on the validation, (2, n_kept), the `program_steps`
        that all programs of one search took on all problems until then, (n_kept,), and
        `most_steps`, n_steps.

    Raises:
        ArgumentError: a value is out of range, or the source holds nothing out; one line.
    """
    longest = 2 ** (doublings - 1)
    if n_steps not in budgets(longest)[1:]:
        raise ArgumentError(f"n_steps={n_steps}: expected a power of two up to {longest}")
    _, inputs, _ = held_out_problems_of(family, source, model)
    search = _Search(family, inputs.shape[1], n_nodes, n_generations, n_children, n_steps)
    kept = budgets(n_generations)
    tried = n_children * n_problems * np.array(kept) + N_PARENTS * n_validation

    def searched(shuffled: Array, key: Key) -> dict[str, Array]:
        key_problems, key_evolve, key_validation, key_test = jax.random.split(key, 4)
        drawn = search.sampled(key_problems, n_problems + n_validation)
        course = search.evolved(key_evolve, drawn[:n_problems], shuffled)[jnp.asarray(kept)]
        parents = course.reshape(-1, *course.shape[2:])
        scores = search.fitness(parents, drawn[n_problems:], key_validation, shuffled)
        scores = scores.reshape(course.shape[:2])
        best = course[jnp.arange(len(kept)), jnp.argmin(scores, axis=1)]
        return {
            "program_values": search.tried(best, inputs, longest, key_test),
            "program": best,
            "fitness": scores.min(1),
        }

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        del params, state
        both = jax.vmap(searched)(jnp.array([False, True]), jax.random.split(key))
        return both | {
            "program_steps": jnp.asarray(n_steps * tried.astype(float), jnp.float32),
            "most_steps": jnp.float32(n_steps),
        }

    dims = {
        "program_values": ("control", "generation", "problem", "budget"),
        "program": ("control", "generation", "node", "gene"),
        "fitness": ("control", "generation"),
        "program_steps": ("generation",),
    }
    return Evaluation(measure, dims, after=True, common=False)


class _Search(NamedTuple):
    """A search for update rules, with the arguments of `program_search`."""

    family: FamilyName
    n_features: int
    n_nodes: int
    n_generations: int
    n_children: int
    n_steps: int

    @property
    def kind(self) -> Family:
        return FAMILIES[self.family]

    @property
    def n_inputs(self) -> int:
        return len(INPUTS[self.family])

    def sampled(self, key: Key, count: int) -> Array:
        """Problems, (count, n_features)."""
        keys = jax.random.split(key, count)
        return jax.vmap(lambda each: self.kind.sample(each, 0, self.n_features))(keys)

    def starts(self, key: Key, count: int) -> Array:
        return self.kind.start(key, (count, self.kind.n_unknowns(self.n_features)))

    def fitness(self, candidates: Array, solved: Array, key: Key, shuffled: Array) -> Array:
        """Of each program on some problems, judged by these or by others, (n_candidates,)."""
        judges = jnp.where(shuffled, jnp.roll(solved, 1, axis=0), solved)
        key_starts, key_rules = jax.random.split(jax.random.clone(key))
        starts, (best, base) = self.starts(key_starts, len(solved)), self.kind.ends(judges).T
        gap = jnp.maximum(base - best, LEAST_GAP)

        def one(program: Array) -> Array:
            rule = rule_of(self.family, program, self.n_steps)
            found = values(self.kind, rule, solved, starts, judges, key_rules)[:, 1:]
            regret = ((found - best[:, None]) / gap[:, None]).mean(0)
            regret = jnp.clip(jnp.nan_to_num(regret, nan=MOST_REGRET), LEAST_REGRET, MOST_REGRET)
            return jnp.log10(regret).mean() + PRICE * programs.in_use(program, self.n_inputs).sum()

        return jax.lax.map(one, candidates, batch_size=N_PARENTS)

    def evolved(self, key: Key, solved: Array, shuffled: Array) -> Array:
        """Parents of each generation, from the random ones on, led by (n_generations + 1,)."""
        key_start, key_rules, key_evolve = jax.random.split(key, 3)
        start = programs.random_programs(key_start, N_PARENTS, self.n_nodes, self.n_inputs)

        def generation(
            parents: tuple[Array, Array], number: Array
        ) -> tuple[tuple[Array, Array], Array]:
            key_parents, key_genes = jax.random.split(jax.random.fold_in(key_evolve, number))
            chosen = jax.random.randint(key_parents, (self.n_children,), 0, N_PARENTS)
            children = programs.mutated(key_genes, parents[0][chosen], self.n_inputs, RATE)
            fitness = self.fitness(children, solved, key_rules, shuffled)
            found = jnp.concatenate([fitness, parents[1]])
            order = jnp.argsort(found, stable=True)[:N_PARENTS]  # of equals, a child is the first
            kept = jnp.concatenate([children, parents[0]])[order]
            return (kept, found[order]), kept

        first = start, jnp.full(N_PARENTS, jnp.inf)
        _, course = jax.lax.scan(generation, first, jnp.arange(self.n_generations))
        return jnp.concatenate([start[None], course])

    def tried(self, found: Array, inputs: Array, n_steps: int, key: Key) -> Array:
        """Values of the answers of programs, (n_programs, n_problems, n_budgets)."""
        key_starts, key_rules = jax.random.split(key)
        starts = self.starts(key_starts, len(inputs))

        def one(program: Array) -> Array:
            rule = rule_of(self.family, program, n_steps)
            return values(self.kind, rule, inputs, starts, inputs, key_rules)

        return jax.lax.map(one, found)


def rule_of(family: FamilyName, program: Array, n_steps: int) -> Solver:
    """The solver that repeats a program."""
    of = _moves if family == "max_cut" else _descent
    return of(FAMILIES[family], program, n_steps)


def _descent(family: Family, program: Array, n_steps: int) -> Solver:
    def solve(c: Array, start: Array, key: Key) -> Array:
        del key
        ones = jnp.ones_like(start)

        def step(carry: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], Array]:
            x, before = carry
            gradient, M = family.slope(c, x)
            given = jnp.stack([gradient, before, jnp.diagonal(M), ones])
            e = jnp.clip(programs.run(program, given, M), -1e6, 1e6)
            return (x - e, e), x - e

        _, path = jax.lax.scan(step, (start, jnp.zeros_like(start)), None, n_steps)
        return jnp.concatenate([start[None], path])

    return solve


def _moves(family: Family, program: Array, n_steps: int) -> Solver:
    def solve(c: Array, start: Array, key: Key) -> Array:
        W, ones = family.slope(c, start)[1], jnp.ones_like(start)

        def step(carry: tuple[Array, Array], noise: Array) -> tuple[tuple[Array, Array], Array]:
            x, age = carry
            scores = programs.run(program, jnp.stack([x, age, noise, ones]), W)
            moved = jnp.arange(len(x)) == jnp.argmax(scores)
            x = jnp.where(moved, -x, x)
            return (x, jnp.where(moved, 0.0, age + 1.0)), x

        noise = jax.random.uniform(key, (n_steps, *start.shape))
        _, path = jax.lax.scan(step, (start, jnp.full_like(start, float(len(start)))), noise)
        return best_so_far(family, c, jnp.concatenate([start[None], path]))

    return solve
