"""The parameters themselves, while a model trains."""

import jax

from superpos.arguments import factory
from superpos.types import Array, Evaluation, Key, Model, Params, State


@factory
def trajectory(*, model: Model) -> Evaluation:
    """Every parameter as it is after the block.

    For small models, and for measures that need another arithmetic than the run's.

    Args:
        model: a model whose parameters have names.

    Returns:
        An Evaluation of each parameter as <name>_path, of its own shape.
    """

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        del state, key
        return {
            f"{jax.tree_util.keystr(path, simple=True, separator='_')}_path": leaf
            for path, leaf in jax.tree_util.tree_leaves_with_path(params)
        }

    dims = {f"{name.replace('.', '_')}_path": names for name, names in model.dims.items()}
    return Evaluation(measure, dims)
