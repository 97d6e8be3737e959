"""Activations of language models on texts, from an asset, for autoencoders that learn from them."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, NonNegative, factory
from superpos.data.source import stateless
from superpos.types import Array, Batch, Key, Source, vectors

NEEDED = ("inputs", "tokens", "held_out")


@factory
def text_activations(
    *, n_features: Count, activations: Mapping[str, Array], row: NonNegative = 0
) -> Source:
    """Activations at tokens drawn at random, with replacement, from texts that are not held out.

    Two sources of other rows give, from one key, activations at the same tokens.

    Args:
        n_features: numbers of an activation, >= 1.
        activations: an asset with "inputs", (n_rows, n_texts * n_positions, n_features), "tokens",
            (n_texts, length), and "held_out", bool (n_texts,).
        row: the number of the one that is used, from 0 on; a fraction is dropped, and what is above
            the last is the last.

    Returns:
        A Source whose batches have them as inputs and targets; factors are (batch, 0), as features
        are not known.

    Raises:
        ArgumentError: a value is out of range, or the arrays have other names or shapes; one line.
    """
    inputs, held_out = _checked(activations, n_features)
    n_texts = held_out.shape[0]
    per_text = inputs.shape[1] // n_texts
    order = jnp.argsort(held_out, stable=True)
    n_drawn = (n_texts - jnp.sum(held_out)) * per_text
    number = jnp.clip(jnp.asarray(row).astype(jnp.int32), 0, inputs.shape[0] - 1)

    def sample(key: Key, batch_size: int) -> Batch:
        drawn = jax.random.randint(key, (batch_size,), 0, n_drawn)
        place = order[drawn // per_text] * per_text + drawn % per_text
        chosen = inputs[number, place]
        return Batch(inputs=chosen, targets=chosen, factors=jnp.zeros((batch_size, 0)))

    return stateless(sample, gives=vectors(n_features))


def _checked(activations: Mapping[str, Array], n_features: int) -> tuple[Array, Array]:
    """Inputs, and which texts are held out.

    Raises:
        ArgumentError: they are not there, or of other shapes; one line.
    """
    missing = [name for name in NEEDED if name not in activations]
    if missing:
        raise ArgumentError(f"activations: has no {missing[0]}, expected {', '.join(NEEDED)}")
    inputs, held_out = activations["inputs"], activations["held_out"]
    n_texts = held_out.shape[0]
    if inputs.ndim != 3 or held_out.ndim != 1 or inputs.shape[1] % n_texts:
        raise ArgumentError(
            f"activations.inputs of shape {inputs.shape}: expected rows of as many activations of"
            f" each of {n_texts} texts"
        )
    if inputs.shape[2] != n_features:
        raise ArgumentError(f"n_features={n_features}: expected {inputs.shape[2]}, as activations")
    return inputs, held_out
