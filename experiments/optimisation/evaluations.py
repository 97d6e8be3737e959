"""Values of the answers of solvers to problems that are held out, by the steps that they take."""

import jax
import jax.numpy as jnp

from experiments.optimisation.families import FAMILIES, Family, FamilyName, unknowns_of
from experiments.optimisation.paths import Doublings, Solver
from experiments.optimisation.solvers import SOLVERS, solver_of
from superpos.arguments import ArgumentError, Positive, factory
from superpos.evaluations.held_out_fit import held_out_of
from superpos.types import Array, Evaluation, Key, Model, Params, Source, State

DIMS = ("problem", "budget")


@factory
def refined(
    *,
    model: Model,
    source: Source,
    family: FamilyName = "quadratics",
    doublings: Doublings = 6,
    step_size: Positive = 1.8,
) -> Evaluation:
    """Answers of a network, and those of the first solver of the family that starts from them.

    Args:
        model: whose reconstruction is an answer.
        source: of `problems`.
        family: of these problems.
        doublings: budgets are 0, 1, 2, 4, ..., 2^(doublings - 1) steps, in [1, 16].
        step_size: of gradient descent, in (0, inf).

    Returns:
        An Evaluation of `refined_values`, the values f after each budget,
        (n_problems, doublings + 1).

    Raises:
        ArgumentError: a value is out of range, or the source holds nothing out; one line.
    """
    kind, inputs, _ = held_out_problems_of(family, source, model)
    n_steps = 2 ** (doublings - 1)
    solver = solver_of(SOLVERS[family][0], family, n_steps, step_size)

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        starts = jax.vmap(lambda c: kind.admitted(model.apply(params, state, c).recon))(inputs)
        return {"refined_values": values(kind, solver, inputs, starts, inputs, key)}

    return Evaluation(measure, {"refined_values": DIMS}, common=False)


@factory
def direct(
    *,
    model: Model,
    source: Source,
    family: FamilyName = "quadratics",
    doublings: Doublings = 6,
    step_size: Positive = 1.8,
) -> Evaluation:
    """Answers of each solver of a family that starts from nothing; a network is not read.

    Args:
        model: anything that takes the problems.
        source: of `problems`.
        family: of these problems.
        doublings: budgets are 0, 1, 2, 4, ..., 2^(doublings - 1) steps, in [1, 16].
        step_size: of gradient descent, in (0, inf).

    Returns:
        An Evaluation of `gradient_values` and so on, the values f after each budget,
        (n_problems, doublings + 1), and of the `step_size`, (). The first value is that of x = 0 in
        quadratics, and of random cuts and points.

    Raises:
        ArgumentError: a value is out of range, or the source holds nothing out; one line.
    """
    kind, inputs, n = held_out_problems_of(family, source, model)
    n_steps = 2 ** (doublings - 1)
    solvers = {name: solver_of(name, family, n_steps, step_size) for name in SOLVERS[family]}

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        del params, state
        key_starts, key_solvers = jax.random.split(key)
        starts = kind.start(key_starts, (len(inputs), n))
        found = {
            f"{name}_values": values(kind, solver, inputs, starts, inputs, key_solvers)
            for name, solver in solvers.items()
        }
        return found | {"step_size": jnp.float32(step_size)}

    dims = {f"{name}_values": DIMS for name in solvers}
    return Evaluation(measure, dims, common=False)  # each seed has starts of its own


def held_out_problems_of(
    family: FamilyName, source: Source, model: Model
) -> tuple[Family, Array, int]:
    """A family, the problems that a source of it holds out, and their unknowns.

    Raises:
        ArgumentError: the source holds nothing out, or problems of another family; one line.
    """
    inputs = held_out_of(source, model)
    n = unknowns_of(FAMILIES[family], family, inputs.shape[1])
    if source.gives is not None and source.gives.targets.shape != (n,):
        raise ArgumentError(f"family={family}: expected that of the problems of source")
    return FAMILIES[family], inputs, n


def budgets(n_steps: int) -> list[int]:
    """0, 1, 2, 4, ... up to n_steps."""
    return [0, *(2**power for power in range(n_steps.bit_length()))]


def values(
    family: Family, solver: Solver, problems: Array, starts: Array, judges: Array, key: Key
) -> Array:
    """Values of the answers to each problem after each budget, (n_problems, n_budgets).

    Args:
        family: of the problems.
        solver: what solves them.
        problems: as the solver is given them, (n_problems, n_features).
        starts: of each, (n_problems, n).
        judges: the problems whose values count: the same, or others as a control.
        key: of random numbers; the same ones for every solver that is given it.
    """

    def one(number: Array, c: Array, start: Array, judge: Array) -> Array:
        path = solver(c, start, jax.random.fold_in(jax.random.clone(key), number))
        kept = path[jnp.asarray(budgets(len(path) - 1))]
        return jax.vmap(lambda x: family.value(judge, x))(kept)

    return jax.jit(jax.vmap(one))(jnp.arange(len(problems)), problems, starts, judges)
