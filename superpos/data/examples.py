"""Examples that are stored: images, activations of a model, tokens of text."""

from collections.abc import Mapping
from typing import Literal

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, factory
from superpos.data.finite import sampled
from superpos.required import require
from superpos.types import Array, Batch, Key, Params, Source


@factory
def examples(
    *,
    n_features: Count,
    examples: Mapping[str, Array],
    sampling: Literal["random", "in_order", "stream"] = "random",
) -> Source:
    """Batches of the rows of an asset.

    Args:
        n_features: inputs of an example, >= 1: the columns of `examples["inputs"]`.
        examples: an asset with the arrays "inputs", (n_examples, n_features), and perhaps
            "targets", (n_examples, n_outputs); without them an example is its own target.
        sampling: "random" draws each batch with replacement; "in_order" takes the first batch_size
            examples, beginning anew after the last; "stream" goes on where the last batch ended.

    Returns:
        A Source whose batches are of these arrays; its factors are (batch, 0), as features are not
        known. With "stream" its state is the number of the next example, int32 ().

    Raises:
        ArgumentError: a value is out of range, or the arrays have other shapes or are not finite;
            one line.
    """
    inputs, targets = rows_of("examples", examples, n_features)
    n_examples = inputs.shape[0]
    batch = Batch(inputs=inputs, targets=targets, factors=jnp.zeros((n_examples, 0)))
    if sampling != "stream":
        return sampled(batch, sampling, n_examples)

    def sample(params: Params, first: Array, key: Key, batch_size: int) -> tuple[Batch, Array]:
        del params, key
        chosen = (first + jnp.arange(batch_size)) % n_examples
        rows = jax.tree.map(lambda leaf: leaf.at[chosen].get(mode="promise_in_bounds"), batch)
        return rows, (first + batch_size) % n_examples

    def init(key: Key) -> Array:
        del key
        return jnp.int32(0)

    return Source(init, sample, gives=sampled(batch, "random", n_examples).gives)


def rows_of(name: str, arrays: Mapping[str, Array], n_features: int) -> tuple[Array, Array]:
    """Inputs and targets of stored examples.

    Args:
        name: how the asset is called in the message.
        arrays: "inputs", (n_examples, n_features), and perhaps "targets".
        n_features: inputs of an example.

    Raises:
        ArgumentError: they are not there, of other shapes, or not finite; one line.
    """
    known = isinstance(arrays, Mapping) and "inputs" in arrays
    if not known or not set(arrays) <= {"inputs", "targets"}:
        names = list(arrays) if isinstance(arrays, Mapping) else type(arrays).__name__
        raise ArgumentError(f"{name}={names}: expected arrays inputs and, perhaps, targets")
    inputs = arrays["inputs"]
    targets = arrays.get("targets", inputs)
    for part, array in (("inputs", inputs), ("targets", targets)):
        if array.ndim != 2 or array.shape[0] != inputs.shape[0] or not array.size:
            rows = inputs.shape[0] if inputs.shape else 0
            wanted = "one row or more of numbers" if not rows else f"{rows} rows of numbers"
            raise ArgumentError(f"{name}.{part} of shape {array.shape}: expected {wanted}")
        require(
            lambda array: jnp.isfinite(array).all(),
            [array],
            lambda part=part: f"{name}.{part}: expected finite numbers",
        )
    if inputs.shape[1] != n_features:
        found = inputs.shape[1]
        raise ArgumentError(f"n_features={n_features}: expected {found}, the columns of {name}")
    return inputs, targets
