"""Programs of a few operations on vectors, for an update rule, and how they are changed by chance.

A program is a list of operations, each on two earlier values, of which the first are inputs:
Cartesian genetic programming. Values are vectors; a scalar is one whose entries are the same, so
that every program has a type.

Source: Miller & Thomson 2000, Cartesian Genetic Programming.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from superpos.types import Array, Key

OPERATIONS = ("+", "-", "*", "/", "matvec", "dot")
"""On a and b; `matvec` is M a with the matrix of the problem, and `dot` the scalar a·b."""
LEAST_DIVISOR = 1e-6
"""What is divided by less gives 0."""


def run(program: Array, inputs: Array, M: Array) -> Array:
    """The last value of a program.

    Args:
        program: operation and numbers of both operands, int32 (n_nodes, 3).
        inputs: the first values, (n_inputs, n).
        M: matrix of the problem, (n, n).

    Returns:
        A vector (n,).
    """

    def node(at: Array, values: Array) -> Array:
        operation, first, second = program[at - len(inputs)]
        a, b = values[first], values[second]
        small = jnp.abs(b) < LEAST_DIVISOR
        quotient = jnp.where(small, 0.0, a / jnp.where(small, 1.0, b))
        dot = jnp.full_like(a, (a * b).sum())
        found = jnp.stack([a + b, a - b, a * b, quotient, (M * a[None]).sum(-1), dot])
        return values.at[at].set(found[operation])

    values = jnp.concatenate([inputs, jnp.zeros((len(program), inputs.shape[1]))])
    values = jax.lax.fori_loop(len(inputs), len(values), node, values)
    return values[-1]


def random_programs(key: Key, n: int, n_nodes: int, n_inputs: int) -> Array:
    """Programs whose genes are uniform over what is allowed, int32 (n, n_nodes, 3)."""
    most = n_inputs + np.arange(n_nodes)
    highs = np.stack([np.full(n_nodes, len(OPERATIONS)), most, most], axis=-1)
    return jax.random.randint(key, (n, n_nodes, 3), 0, highs[None])


def mutated(key: Key, programs: Array, n_inputs: int, rate: float) -> Array:
    """Each gene is drawn anew with a probability."""
    key_where, key_genes = jax.random.split(key)
    fresh = random_programs(key_genes, len(programs), programs.shape[1], n_inputs)
    return jnp.where(jax.random.bernoulli(key_where, rate, programs.shape), fresh, programs)


def in_use(program: Array, n_inputs: int) -> Array:
    """Which operations the last value depends on, bool (n_nodes,)."""
    n_values = n_inputs + len(program)

    def node(back: Array, needed: Array) -> Array:
        at = n_values - 1 - back
        operation, first, second = program[at - n_inputs]
        reads_both = operation != OPERATIONS.index("matvec")
        needed = needed.at[first].max(needed[at])
        return needed.at[second].max(needed[at] & reads_both)

    needed = jnp.zeros(n_values, bool).at[-1].set(True)
    needed = jax.lax.fori_loop(0, len(program), node, needed)
    return needed[n_inputs:]


def written(program: np.ndarray, names: Sequence[str]) -> str:
    """A program as an expression of its inputs, such as "g * dot(g, g) / dot(g, A g)"."""

    def expression(at: int) -> str:
        if at < len(names):
            return names[at]
        operation, first, second = program[at - len(names)]
        a, name = expression(first), OPERATIONS[operation]
        if name == "matvec":
            return f"M({a})"
        b = expression(second)
        return f"dot({a}, {b})" if name == "dot" else f"({a} {name} {b})"

    text = expression(len(names) + len(program) - 1)
    return text[1:-1] if text.startswith("(") and _is_one(text) else text


def _is_one(text: str) -> bool:
    """Whether the first bracket closes at the end."""
    depth = np.cumsum([(each == "(") - (each == ")") for each in text])
    return not (depth[:-1] == 0).any()


def flops(program: np.ndarray, n_inputs: int, n: int) -> float:
    """Floating-point operations of a program on vectors of n numbers."""
    each = {"matvec": 2 * n**2, "dot": 2 * n}
    used = np.asarray(in_use(jnp.asarray(program), n_inputs))
    return float(sum(each.get(OPERATIONS[row[0]], n) for row in program[used]))
