"""What can be measured of every model."""

import jax

from superpos.arguments import Count, factory
from superpos.data.source import draw
from superpos.required import check_batch, check_fit
from superpos.types import Array, Evaluation, Key, Model, Params, Source, State


@factory
def loss(*, model: Model, source: Source, batch_size: Count) -> Evaluation:
    """The loss on fresh data.

    Args:
        model: any model.
        source: where the fresh batch comes from.
        batch_size: examples in it, >= 1.

    Returns:
        An Evaluation of loss ().

    Raises:
        ArgumentError: a value is out of range, or the source does not give what the model takes.
    """
    check_fit(source, model)

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        key_batch, key_loss = jax.random.split(key)
        batch = draw(source, key_batch, batch_size, params)
        check_batch(batch, model, batch_size)
        value, _ = model.loss(params, state, batch, key_loss)
        return {"loss": value}

    return Evaluation(measure)
