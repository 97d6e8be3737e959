"""A finite data set: examples of another source that are drawn once and sampled again and again.

Source: Henighan et al. 2023, Superposition, Memorization, and Double Descent, "Experimental Setup"
(a fixed training set of T points); Chen et al. 2023, Dynamical versus Bayesian Phase Transitions in
a Toy Model of Superposition (arXiv 2310.06301), section 4 (a data set D_n of n samples).
"""

from typing import Annotated, Literal

import jax
import jax.numpy as jnp

from superpos import random
from superpos.arguments import AtLeastOne, Count, Interval, PositiveFraction, factory, within
from superpos.data.source import check_inputs, draw, stateless
from superpos.types import Array, Batch, Example, Key, Scalar, Source

DataSeed = Annotated[Scalar, Interval("[0, 16777216]")]
"""A seed that can be an axis, whole numbers that are exact in float32."""
Sampling = Literal["random", "in_order"]
"""Batches that are drawn with replacement, or the examples one after the other."""


@factory
def finite(
    *,
    n_features: Count,
    data: Source,
    n_samples: Count,
    data_seed: DataSeed = 0,
    sampling: Sampling = "random",
    fraction: PositiveFraction = 1.0,
    repeats: AtLeastOne = 1.0,
) -> Source:
    """The first `n_samples` examples that another source draws with a seed of the data's own.

    Members of a sweep with the same data_seed have the same examples, whatever their own seed is.

    Args:
        n_features: inputs of an example, >= 1: those of `data`.
        data: where the examples come from.
        n_samples: examples in the data set, >= 1.
        data_seed: which data set, a whole number in [0, 16777216]; a fraction is dropped.
        sampling: "random" draws each batch from the data set with replacement; "in_order" takes the
            first batch_size examples, beginning anew after the last, so that a batch_size of
            n_samples is the full batch, always the same.
        fraction: take only the first examples, this part of n_samples to the nearest whole number
            (at least one), in (0, 1]. As an axis it gives data sets of several sizes, each of which
            has the examples of the smaller ones.
        repeats: how often the first example is there, in place of as many of the next ones, in
            [1, n_samples]; a fraction is dropped.

    Returns:
        A Source whose batches are of the data set, with the shapes and dtypes of `data`.

    Raises:
        ArgumentError: a value is out of range, or `data` has another number of inputs.
    """
    check_inputs(n_features, data)
    count = jnp.clip(jnp.round(fraction * n_samples), 1, n_samples).astype(jnp.int32)
    seed = jnp.asarray(data_seed).astype(jnp.uint32)
    within(repeats, "repeats", n_samples, f"n_samples={n_samples}")
    samples = draw(data, jax.random.fold_in(random.key(0), seed), n_samples)
    again = jnp.arange(n_samples) < jnp.floor(repeats)
    samples = jax.tree.map(lambda leaf: _repeated(leaf, again), samples)
    return sampled(samples, sampling, count)._replace(directions=data.directions)


def _repeated(examples: Array, again: Array) -> Array:
    """Examples (n, ...) of which some, bool (n,), are the first one."""
    again = again.reshape(-1, *[1] * (examples.ndim - 1))
    return jnp.where(again, examples[:1], examples)


def sampled(samples: Batch, sampling: Sampling, count: Array | int) -> Source:
    """A Source of the examples of a data set, as `finite` samples it.

    Args:
        samples: the data set.
        sampling: in which order.
        count: how many of them, from the first, >= 1.
    """

    def sample(key: Key, batch_size: int) -> Batch:
        chosen = (
            jnp.arange(batch_size) % count
            if sampling == "in_order"
            else jax.random.randint(key, (batch_size,), 0, count)
        )
        return jax.tree.map(lambda leaf: jnp.take(leaf, chosen, axis=0), samples)

    inputs, targets = (
        jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype)
        for leaf in (samples.inputs, samples.targets)
    )
    return stateless(sample, gives=Example(inputs, targets))
