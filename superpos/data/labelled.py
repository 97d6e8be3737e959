"""Classes of examples, as a fixed teacher network tells them apart."""

import dataclasses

import jax
import jax.numpy as jnp

from superpos import random
from superpos.arguments import Count, factory
from superpos.data.finite import DataSeed
from superpos.data.source import check_inputs, with_batches
from superpos.types import Batch, Source, vectors


@factory
def labelled(
    *,
    n_features: Count,
    data: Source,
    n_classes: Count,
    n_teacher: Count = 32,
    teacher_seed: DataSeed = 0,
) -> Source:
    """The inputs of another source, with the class that a random ReLU network gives them.

    The teacher has no biases: y = Bᵀ ReLU(Aᵀx), of standard normal A and B. From B the mean over
    units is taken, which makes the classes more alike in number, as units are never negative. The
    class is that of the largest y; the first where x is 0.

    Args:
        n_features: inputs of an example, >= 1: those of `data`.
        data: where the inputs come from.
        n_classes: classes, >= 1.
        n_teacher: units of the teacher, >= 1.
        teacher_seed: which teacher, a whole number in [0, 16777216]; a fraction is dropped.

    Returns:
        A Source whose batches have the inputs and factors of `data`, and as targets the class,
        one-hot float32 (batch, n_classes).

    Raises:
        ArgumentError: a value is out of range, or `data` has another number of inputs.
    """
    check_inputs(n_features, data)
    seed = jnp.asarray(teacher_seed).astype(jnp.uint32)
    key_in, key_out = jax.random.split(jax.random.fold_in(random.key(0), seed))
    A = jax.random.normal(key_in, (n_features, n_teacher), jnp.float32)
    B = jax.random.normal(key_out, (n_teacher, n_classes), jnp.float32)
    B = B - B.mean(0, keepdims=True)

    def change(batch: Batch) -> Batch:
        hidden = jax.nn.relu(jnp.matmul(batch.inputs, A, precision=jax.lax.Precision.HIGHEST))
        scores = jnp.matmul(hidden, B, precision=jax.lax.Precision.HIGHEST)
        targets = jax.nn.one_hot(jnp.argmax(scores, axis=-1), n_classes, dtype=jnp.float32)
        return dataclasses.replace(batch, targets=targets)

    return with_batches(data, change, vectors(n_features, n_classes))
