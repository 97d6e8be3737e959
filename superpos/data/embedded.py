"""Features along directions of a space with fewer dimensions: what an autoencoder is given.

Source: Sharkey, Braun & Millidge 2022, Taking Features out of Superposition with Sparse
Autoencoders; SynthSAEBench (arXiv 2602.14687), which adds a bias of norm 0.5.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, NonNegative, Seed, factory
from superpos.data.source import check_inputs, with_batches
from superpos.types import Array, Batch, Source, vectors

EXACT = jax.lax.Precision.HIGHEST
PARTS = (8, 4, 2)
"""Of a batch, for a loop on a CPU."""


@factory
def embedded(
    *,
    n_features: Count,
    data: Source,
    directions: Array | Mapping[str, Array],
    bias_norm: NonNegative = 0.0,
    bias_seed: Seed = 0,
    targets: Literal["inputs", "factors"] = "inputs",
) -> Source:
    """The factors of another source, each times the direction of its feature, and summed.

    Args:
        n_features: inputs of an example, >= 1: the columns of `directions`.
        data: where the factors come from.
        directions: of the features, (n_factors, n_features), as an array, or an asset that holds
            this one array.
        bias_norm: length of a vector that is added to all examples, >= 0.
        bias_seed: seed of its direction.
        targets: the sums, or the factors that they are made of.

    Returns:
        A Source whose batches have these sums as inputs, (batch, n_features), the factors of
        `data`, (batch, n_factors), and one of both as targets. There is no noise. It knows its
        directions.

    Raises:
        ArgumentError: a value is out of range, or the directions have another shape; one line.
    """
    known = checked_directions(directions, n_features)
    check_inputs(known.shape[0], data)

    def change(batch: Batch) -> Batch:
        bias = jax.random.normal(jax.random.key(bias_seed), (n_features,), jnp.float32)
        bias = bias * (bias_norm / jnp.linalg.norm(bias))
        sums = jax.lax.platform_dependent(
            batch.factors, known, cpu=_sums_on_cpu, default=_sums_elsewhere
        )
        inputs = (sums + bias[None]).astype(jnp.float32)
        wanted = inputs if targets == "inputs" else batch.factors
        return dataclasses.replace(batch, inputs=inputs, targets=wanted)

    gives = vectors(n_features, n_features if targets == "inputs" else known.shape[0])
    return with_batches(data, change, gives)._replace(directions=known)


def _sums_on_cpu(factors: Array, directions: Array) -> Array:
    """The sums, (batch, n_features), of factors that are drawn with the batch last.

    Left to itself, the compiler would turn what draws them around, so that it is not vectorised, or
    take a product that is four times as slow. So the product has the batch last too, and its small
    result is turned around by a loop: what is in no loop would be turned anew by all that read it.
    """
    columns = jax.lax.optimization_barrier(
        jnp.matmul(directions.T, jax.lax.optimization_barrier(factors.T), precision=EXACT)
    )
    n_examples = factors.shape[0]
    n_parts = next((n for n in PARTS if n_examples % n == 0), 1)
    size = n_examples // n_parts

    def part(number: Array) -> Array:
        return jax.lax.dynamic_slice_in_dim(columns, number * size, size, axis=1).T

    return jax.lax.map(part, jnp.arange(n_parts)).reshape(n_examples, -1)


def _sums_elsewhere(factors: Array, directions: Array) -> Array:
    return jnp.matmul(factors, directions, precision=EXACT)


def checked_directions(directions: Any, n_features: int) -> Array:
    """The array of directions, alone or the only one of an asset.

    Raises:
        ArgumentError: it has another number of columns, or is none; one line.
    """
    arrays = list(directions.values()) if isinstance(directions, Mapping) else [directions]
    if len(arrays) != 1 or jnp.ndim(arrays[0]) != 2:
        shapes = [jnp.shape(each) for each in arrays]
        raise ArgumentError(f"directions of shape {shapes}: expected one matrix")
    [found] = arrays
    if found.shape[1] != n_features:
        raise ArgumentError(
            f"n_features={n_features}: expected {found.shape[1]}, the columns of directions"
        )
    return jnp.asarray(found)
