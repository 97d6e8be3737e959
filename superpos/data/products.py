"""Targets that are products of two features: on inputs of 0 and 1, whether both are on.

Source: Hänni et al. 2024, Mathematical Models of Computation in Superposition (arXiv 2408.05451),
the universal AND.
"""

import dataclasses
from typing import Annotated

import jax.numpy as jnp

from superpos.arguments import Interval, factory
from superpos.data.source import check_inputs, with_batches
from superpos.types import Batch, Source, vectors

TwoOrMore = Annotated[int, Interval("[2, 2147483647]")]


@factory
def products(*, n_features: TwoOrMore, data: Source) -> Source:
    """The inputs of another source, with the product of every two of them as targets.

    Args:
        n_features: inputs of an example, >= 2: those of `data`.
        data: where the inputs come from.

    Returns:
        A Source whose batches have the inputs and factors of `data`, and targets x_i x_j for i < j,
        (batch, n_features (n_features - 1) / 2), in the order (0, 1), (0, 2), ..., (1, 2), ...

    Raises:
        ArgumentError: a value is out of range, or `data` has another number of inputs.
    """
    check_inputs(n_features, data)
    first, second = jnp.triu_indices(n_features, 1)

    def change(batch: Batch) -> Batch:
        targets = batch.inputs[:, first] * batch.inputs[:, second]
        return dataclasses.replace(batch, targets=targets)

    return with_batches(data, change, vectors(n_features, len(first)))
