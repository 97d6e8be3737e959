"""Targets with a random linear mixture of the inputs.

Source: Bhagat et al. 2026, Compressed Computation is (probably) not Computation in Superposition
(arXiv 2606.14673): ReLU(x) + s M x, which a network reads whose residual stream is not orthogonal.
"""

import dataclasses
from typing import Literal

import jax
import jax.numpy as jnp

from superpos import random
from superpos.arguments import Count, MaybeCount, NonNegative, Seed, factory
from superpos.data.source import check_inputs, with_batches
from superpos.types import Array, Batch, Source, vectors

Mixture = Literal["gaussian", "embedding"]


@factory
def mixed(
    *,
    n_features: Count,
    data: Source,
    mixing: NonNegative,
    mixture: Mixture = "gaussian",
    n_embed: MaybeCount = None,
    mixture_seed: Seed = 0,
) -> Source:
    """The examples of another source, with `mixing` times M x added to each target.

    With mixture = "embedding" and mixing 1 they are what the neurons of Braun et al. 2025 are left
    with: a residual stream of x + ReLU(x) with fixed unit embeddings E reads E Eᵀx where x is
    wanted, so the neurons owe ReLU(x) + (1 - E Eᵀ) x.

    Args:
        n_features: inputs, and targets, of an example, >= 1: those of `data`.
        data: where the examples come from.
        mixing: s, in [0, inf).
        mixture: M is "gaussian", of independent standard normal entries, or of an "embedding",
            1 - E Eᵀ, where the rows of E are random unit vectors.
        n_embed: dimensions of the embedding, >= 1; None is n_features. A Gaussian M has none.
        mixture_seed: which M.

    Returns:
        A Source whose batches have the inputs and factors of `data`, and targets (batch,
        n_features).

    Raises:
        ArgumentError: a value is out of range, or `data` has another number of inputs.
    """
    check_inputs(n_features, data)

    def change(batch: Batch) -> Batch:
        M = mixing_matrix(mixture, n_features, n_embed, mixture_seed)
        mixture_of = jnp.matmul(batch.inputs, M.T, precision=jax.lax.Precision.HIGHEST)
        return dataclasses.replace(batch, targets=batch.targets + mixing * mixture_of)

    return with_batches(data, change, vectors(n_features))


def mixing_matrix(mixture: Mixture, n_features: int, n_embed: int | None, seed: int) -> Array:
    """M, float32 (n_features, n_features)."""
    key = random.key(int(seed))
    if mixture == "gaussian":
        return jax.random.normal(key, (n_features, n_features), jnp.float32)
    E = jax.random.normal(key, (n_features, n_embed or n_features), jnp.float32)
    E = E / jnp.linalg.norm(E, axis=1, keepdims=True)
    eye = jnp.eye(n_features, dtype=jnp.float32)
    return eye - jnp.matmul(E, E.T, precision=jax.lax.Precision.HIGHEST)
