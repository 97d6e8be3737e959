"""Hidden codes of trained models, on inputs whose features are known."""

import dataclasses

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, NonNegative, factory
from superpos.data.source import with_batches
from superpos.types import Array, Batch, Members, Source, vectors


@factory
def activations(
    *, n_features: Count, data: Source, members: Members, member: NonNegative = 0
) -> Source:
    """What a trained model makes of the inputs of another source in its hidden layer.

    Args:
        n_features: hidden dimensions of the model, >= 1: the inputs of an example.
        data: where the inputs of the model come from.
        members: an asset of trained models.
        member: the number of the one that is used, from 0 on; a fraction is dropped, and what is
            above the last is the last.

    Returns:
        A Source whose batches have the codes as inputs and targets, (batch, n_features), and the
        factors of `data`. Directions of features are the rows of W, where the model has one.

    Raises:
        ArgumentError: a value is out of range, or the model has another width; one line.
    """
    model, params, state = members.at(jnp.asarray(member).astype(jnp.int32))

    def codes(inputs: Array) -> Array:
        return jax.vmap(lambda x: model.apply(params, state, x).code)(inputs)

    def change(batch: Batch) -> Batch:
        code = codes(batch.inputs)
        return dataclasses.replace(batch, inputs=code, targets=code)

    takes = model.takes
    if (
        data.gives is not None
        and takes is not None
        and data.gives.inputs.shape != takes.inputs.shape
    ):
        raise ArgumentError(
            f"data: gives inputs {list(data.gives.inputs.shape)}, expected the"
            f" {list(takes.inputs.shape)} that members take"
        )
    if data.gives is not None:
        example = jax.ShapeDtypeStruct((1, *data.gives.inputs.shape), data.gives.inputs.dtype)
        width = jax.eval_shape(codes, example).shape[-1]
        if width != n_features:
            raise ArgumentError(f"n_features={n_features}: expected the {width} of members")
    known = getattr(params, "W", None)
    return with_batches(data, change, vectors(n_features))._replace(directions=known)
