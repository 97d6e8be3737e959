"""Which Boolean functions networks compute at their start.

Source: Valle-Pérez, Camargo & Louis 2018, Deep Learning Generalizes Because the Parameter-Function
Map is Biased Towards Simple Functions (arXiv 1805.08522), section 3.
"""

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError, Count, factory
from superpos.data.truth_table import boolean_inputs
from superpos.types import Array, Evaluation, Key, Model, Params, State

AT_ONCE = 512
"""Networks."""
WORD = 32
"""Bits of a word."""
MOST_INPUTS = 10


@factory
def boolean_functions(*, model: Model, n_draws: Count) -> Evaluation:
    """The functions of many networks that are drawn as the model starts; not that of the model.

    Give each member draws of its own, `common: false`, and put it `after`, as nothing is trained.

    Args:
        model: of n inputs, at most 10, and one output, which is true where it is above 0.
        n_draws: networks, >= 1.

    Returns:
        An Evaluation of `functions`, uint32 (n_draws, n_words), each a truth table: bit r, of all
        words the least bits first, is the value at row r of `data.boolean_inputs`.

    Raises:
        ArgumentError: a value is out of range, or the model takes other inputs; one line.
    """
    shape = () if model.takes is None else model.takes.inputs.shape
    outputs = () if model.takes is None else model.takes.targets.shape
    if len(shape) != 1 or shape[0] > MOST_INPUTS or outputs != (1,):
        raise ArgumentError(
            f"model: expected at most {MOST_INPUTS} inputs and one output, it takes"
            f" {list(shape)} and {list(outputs)}"
        )
    inputs = jnp.asarray(boolean_inputs(shape[0]))

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        del params, state

        def one(number: Array) -> Array:
            start = model.init(jax.random.fold_in(key, number))
            outputs = jax.vmap(lambda x: model.apply(*start, x).recon[0])(inputs)
            return _words(outputs > 0)

        found = jax.lax.map(one, jnp.arange(n_draws), batch_size=min(AT_ONCE, n_draws))
        return {"functions": found}

    return Evaluation(measure, {"functions": ("draw", "word")})


def _words(bits: Array) -> Array:
    """Bits as whole numbers, the least first: (n,) -> uint32 (n_words,)."""
    n_words = -(-bits.shape[0] // WORD)
    padded = jnp.zeros(n_words * WORD, jnp.uint32).at[: bits.shape[0]].set(bits.astype(jnp.uint32))
    values = jnp.asarray(2 ** np.arange(WORD), jnp.uint32)
    return jnp.sum(padded.reshape(n_words, WORD) * values[None], axis=-1, dtype=jnp.uint32)
