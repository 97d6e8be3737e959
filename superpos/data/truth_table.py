"""Rows of the truth table of a Boolean function."""

from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import Interval, factory
from superpos.data.source import stateless
from superpos.required import require
from superpos.types import Array, Batch, Key, Scalar, Source, vectors

BooleanInputs = Annotated[int, Interval("[1, 4]")]
"""So few that which rows are taken, and the function, are whole numbers that float32 has."""
Bits = Annotated[Scalar, Interval("[0, 65535]")]


@factory
def truth_table(*, n_features: BooleanInputs, function: Bits, rows: Bits) -> Source:
    """Some rows of a truth table, which take turns.

    Row r has the inputs of `boolean_inputs`. Numbers are read as bits, the least first.

    Args:
        n_features: inputs n of the function, in [1, 4].
        function: bit r is its value at row r, a whole number in [0, 2^(2^n)).
        rows: bit r is whether row r is among the examples, a whole number in [1, 2^(2^n)).

    Returns:
        A Source of the rows in turn from a random one on, so that a batch of as many as there are
        has each once. Inputs are 0 or 1, (batch, n), targets (batch, 1), 1 for true and -1
        for false, float32; factors are (batch, 0).

    Raises:
        ArgumentError: a value is out of range, or no number of bits.
    """
    n_rows = 2**n_features
    for name, number, least in (("function", function, 0), ("rows", rows, 1)):
        require(
            lambda number, least=least: (
                (number % 1 == 0) & (number >= least) & (number < 2**n_rows)
            ),
            [number],
            lambda name=name, number=number, least=least: (
                f"{name}={number}: expected an integer in [{least}, {2**n_rows})"
            ),
        )
    inputs = jnp.asarray(boolean_inputs(n_features))
    taken, truth = _bits(rows, n_rows), _bits(function, n_rows)
    order = jnp.argsort(~taken, stable=True)

    def sample(key: Key, batch_size: int) -> Batch:
        first = jax.random.randint(key, (), 0, n_rows)
        chosen = order[(first + jnp.arange(batch_size)) % taken.sum()]
        targets = jnp.where(truth[chosen], 1.0, -1.0).astype(jnp.float32)[:, None]
        return Batch(inputs=inputs[chosen], targets=targets, factors=jnp.zeros((batch_size, 0)))

    return stateless(sample, gives=vectors(n_features, 1))


def boolean_inputs(n: int) -> np.ndarray:
    """All inputs of a Boolean function, in order: row r is r in binary, the highest bit first.

    Args:
        n: inputs, >= 1.

    Returns:
        0 or 1, float32 (2^n, n).
    """
    return (np.arange(2**n)[:, None] >> np.arange(n)[::-1] & 1).astype(np.float32)


def _bits(number: Scalar, n: int) -> Array:
    """Bits of a number, the least first, bool (n,)."""
    return (jnp.asarray(number).astype(jnp.int32) >> jnp.arange(n) & 1) == 1
