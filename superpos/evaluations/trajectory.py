"""The parameters themselves, while a model trains."""

import jax

from superpos.arguments import Count, factory
from superpos.evaluations.loss import loss
from superpos.types import Array, Evaluation, Key, Model, Params, Source, State


@factory
def trajectory(*, model: Model, source: Source, batch_size: Count) -> Evaluation:
    """The loss on a fresh batch, and every parameter as it is after the block.

    For small models, and for measures that need another arithmetic than the run's.

    Args:
        model: a model whose parameters have names.
        source: where the fresh batch comes from.
        batch_size: examples in it, >= 1.

    Returns:
        An Evaluation of loss (), and of each parameter as <name>_path, of its own shape.

    Raises:
        ArgumentError: a value is out of range.
    """
    fresh_loss = loss(model=model, source=source, batch_size=batch_size)

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        paths = {
            f"{jax.tree_util.keystr(path, simple=True, separator='_')}_path": leaf
            for path, leaf in jax.tree_util.tree_leaves_with_path(params)
        }
        return {**fresh_loss.measure(params, state, key), **paths}

    dims = {f"{name.replace('.', '_')}_path": names for name, names in model.dims.items()}
    return Evaluation(measure, dims)
