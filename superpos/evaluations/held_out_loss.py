"""The loss on examples that are stored, and that the model is not trained on."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, factory
from superpos.data.examples import rows_of
from superpos.types import Array, Batch, Evaluation, Key, Model, Params, State


@factory
def held_out_loss(
    *, model: Model, held_out: Mapping[str, Array], batch_size: Count = 64
) -> Evaluation:
    """The loss on all rows of an asset, each once.

    Args:
        model: one whose loss of a batch is a mean over examples.
        held_out: an asset with the arrays "inputs" and, perhaps, "targets", as of `data.examples`.
        batch_size: rows that are looked at together, >= 1; memory grows with it.

    Returns:
        An Evaluation of held_out_loss (), the mean over all rows.

    Raises:
        ArgumentError: a value is out of range, the model does not say what it takes, or the arrays
            have other shapes or are not finite; one line.
    """
    if model.takes is None:
        raise ArgumentError("model: expected one that says what it takes")
    inputs, targets = rows_of("held_out", held_out, *model.takes.inputs.shape)
    n_rows = inputs.shape[0]
    n_whole = n_rows // batch_size
    rows = Batch(inputs=inputs, targets=targets, factors=jnp.zeros((n_rows, 0)))

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        def loss(batch: Batch) -> Array:
            return model.loss(params, state, batch, key)[0]

        cut = n_whole * batch_size
        whole = jax.tree.map(
            lambda leaf: leaf[:cut].reshape(n_whole, batch_size, leaf.shape[1]), rows
        )
        rest = jax.tree.map(lambda leaf: leaf[cut:], rows)
        total = jax.lax.map(loss, whole).sum() * batch_size
        total += loss(rest) * (n_rows - cut) if cut < n_rows else 0
        return {"held_out_loss": total / n_rows}

    return Evaluation(measure)
