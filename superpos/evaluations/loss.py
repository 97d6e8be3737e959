"""What can be measured of every model."""

from typing import Annotated

import jax
import jax.numpy as jnp

from superpos.arguments import Count, Interval, factory
from superpos.data.source import draw
from superpos.required import check_batch, check_fit
from superpos.types import Array, Evaluation, Key, Model, Params, Source, State

Batches = Annotated[int, Interval("[2, 2147483647]")]


@factory
def loss(*, model: Model, source: Source, batch_size: Count, n_batches: Batches = 16) -> Evaluation:
    """The loss on fresh data, and how far it may be from its expectation.

    The examples are the same for all members of a sweep, so a difference between two members is
    known better than either loss. At a low density take many: the standard error falls with the
    root of density * batch_size * n_batches.

    Args:
        model: any model.
        source: where the fresh batches come from.
        batch_size: examples in a batch, >= 1; memory grows with it.
        n_batches: batches, >= 2.

    Returns:
        An Evaluation of loss (), the mean over the batches, and loss_standard_error (), that of
        this mean; 0 where the loss is exact and does not read the batch.

    Raises:
        ArgumentError: a value is out of range, or the source does not give what the model takes.
    """
    check_fit(source, model)

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        def of_batch(number: Array) -> Array:
            key_batch, key_loss = jax.random.split(jax.random.fold_in(key, number))
            batch = draw(source, key_batch, batch_size, params)
            check_batch(batch, model, batch_size)
            return model.loss(params, state, batch, key_loss)[0]

        losses = jax.lax.map(of_batch, jnp.arange(n_batches))
        standard_error = jnp.std(losses, ddof=1) / jnp.sqrt(n_batches)
        return {"loss": losses.mean(), "loss_standard_error": standard_error}

    return Evaluation(measure)
