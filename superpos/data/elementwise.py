"""Targets that are a function of each feature.

Source: Elhage et al. 2022, Toy Models of Superposition, "Computation in Superposition" (the
absolute value).
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Literal

import jax
import jax.numpy as jnp

from superpos.arguments import Count, factory
from superpos.data.source import check_inputs, with_batches
from superpos.types import Array, Batch, KeyData, Source, vectors

FUNCTIONS: Mapping[str, Callable[[Array], Array]] = {
    "abs": jnp.abs,
    "relu": jax.nn.relu,
    "square": jnp.square,
    "identity": lambda x: x,
    "add_relu": lambda x: x + jax.nn.relu(x),
}


@factory
def elementwise(
    *,
    n_features: Count,
    data: Source,
    function: Literal["abs", "relu", "square", "identity", "add_relu"],
) -> Source:
    """The inputs of another source, with a function of each input as its target.

    Args:
        n_features: inputs of an example, >= 1: those of `data`.
        data: where the inputs come from.
        function: y_i = |x_i|, ReLU(x_i), x_i², x_i, or x_i + ReLU(x_i).

    Returns:
        A Source whose batches have the inputs and factors of `data`, and targets of the shape of
        the inputs.

    Raises:
        ArgumentError: a value is out of range, or `data` has another number of inputs.
    """
    of = FUNCTIONS[function]
    check_inputs(n_features, data)

    def change(batch: Batch) -> Batch:
        return dataclasses.replace(batch, targets=of(batch.inputs))

    def columns(words: KeyData, batch_size: int) -> tuple[list[Array], list[Array]]:
        assert data.sample_columns is not None
        inputs, _ = data.sample_columns(words, batch_size)
        return inputs, [of(column) for column in inputs]

    columns_or_none = None if data.sample_columns is None else columns
    changed = with_batches(data, change, vectors(n_features))
    return changed._replace(sample_columns=columns_or_none)
