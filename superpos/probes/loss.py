"""What can be measured of every model."""

import jax

from superpos.arguments import Count, factory
from superpos.types import Array, Key, Model, Params, Probe, Source, State


@factory
def loss(*, model: Model, source: Source, batch_size: Count) -> Probe:
    """The loss on fresh data.

    Args:
        model: any model.
        source: where the fresh batch comes from.
        batch_size: examples in it, >= 1.

    Returns:
        A Probe of loss ().

    Raises:
        ArgumentError: a value is out of range.
    """

    def probe(params: Params, state: State, key: Key) -> dict[str, Array]:
        key_batch, key_loss = jax.random.split(key)
        value, _ = model.loss(params, state, source.sample(key_batch, batch_size), key_loss)
        return {"loss": value}

    return probe
