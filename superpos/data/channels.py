"""Targets that are the inputs, each times the importance of its channel.

Source: Chen, Chen, Liu & Gore 2026, Superposition unifies power-law training dynamics (arXiv
2602.01045): the teacher y = A x with a diagonal A, A_ii ∝ i^-b.
"""

import dataclasses

import jax.numpy as jnp
import numpy as np

from superpos.arguments import Count, NonNegative, Seed, factory
from superpos.data.source import check_inputs, with_batches
from superpos.types import Batch, Source, vectors


@factory
def channels(
    *,
    n_features: Count,
    data: Source,
    channel_power: NonNegative,
    shuffled: bool = False,
    shuffle_seed: Seed = 0,
) -> Source:
    """The inputs of another source, and each times a power of its number as its target.

    Args:
        n_features: inputs of an example, >= 1: those of `data`.
        data: where the inputs come from.
        channel_power: y_i = (i + 1)^-channel_power x_i, >= 0.
        shuffled: whether y_i = (π(i) + 1)^-channel_power x_i instead, with a permutation π.
        shuffle_seed: seed of π.

    Returns:
        A Source whose batches have the inputs and factors of `data`, and targets of the shape of
        the inputs.

    Raises:
        ArgumentError: a value is out of range, or `data` has another number of inputs.
    """
    check_inputs(n_features, data)
    number = channel_numbers(n_features, shuffle_seed if shuffled else None)

    def change(batch: Batch) -> Batch:
        importance = jnp.power(jnp.asarray(number, batch.inputs.dtype), -channel_power)
        return dataclasses.replace(batch, targets=batch.inputs * importance[None])

    return with_batches(data, change, vectors(n_features))


def channel_numbers(n_features: int, shuffle_seed: int | None) -> np.ndarray:
    """The number of each feature's channel, from 1 on: in order, or shuffled, int (n_features,)."""
    number = np.arange(1, n_features + 1)
    if shuffle_seed is None:
        return number
    return np.random.default_rng(shuffle_seed).permutation(number)
