"""What a model says of the examples that it is not trained on, and of a batch."""

import jax

from superpos.arguments import Count, factory
from superpos.data.source import draw
from superpos.evaluations.held_out_fit import codes_of, held_out_of
from superpos.types import Array, Evaluation, Key, Model, Params, Source, State


@factory
def outputs(*, model: Model, source: Source, batch_size: Count) -> Evaluation:
    """The outputs themselves, for what is to be compared with rules afterwards.

    Args:
        model: any model.
        source: one that holds examples out, such as `data.two_rules`.
        batch_size: examples of a batch, >= 1; those trained on, where it is always the same.

    Returns:
        An Evaluation of `held_out_outputs`, (n_held_out, n_outputs), and `batch_outputs`,
        (batch_size, n_outputs).

    Raises:
        ArgumentError: a value is out of range, or the source holds nothing out; one line.
    """
    held_out = held_out_of(source, model)

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        batch = draw(source, key, batch_size, params)
        return {
            "held_out_outputs": codes_of(model, params, state, held_out)[1],
            "batch_outputs": jax.vmap(lambda x: model.apply(params, state, x).recon)(batch.inputs),
        }

    dims = {"held_out_outputs": ("held_out", "output"), "batch_outputs": ("example", "output")}
    return Evaluation(measure, dims)
