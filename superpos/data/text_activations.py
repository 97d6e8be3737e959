"""Activations of language models on texts, from an asset, for autoencoders that learn from them."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, NonNegative, factory
from superpos.data.source import stateless
from superpos.required import require
from superpos.types import Array, Batch, Key, Scalar, Source, vectors

NEEDED = ("inputs", "held_out")


@factory
def text_activations(
    *, n_features: Count, activations: Mapping[str, Array], row: NonNegative = 0
) -> Source:
    """Activations at tokens drawn at random, with replacement, from texts that are not held out.

    Sources of other rows give, from the same key, activations at the same tokens.

    Args:
        n_features: numbers of an activation, >= 1.
        activations: an asset with the arrays "inputs", (n_rows, n, n_features), and "held_out",
            (n_rows, n_held_out, n_features), as `assets.activations` makes them.
        row: the number of the one that is used, an integer in [0, n_rows).

    Returns:
        A Source whose batches have them as inputs and targets; factors are (batch, 0), as features
        are not known.

    Raises:
        ArgumentError: a value is out of range, or the arrays have other names or shapes; one line.
    """
    inputs, held_out = (_checked(activations, name, n_features) for name in NEEDED)
    check_number("row", row, inputs)
    number = jnp.asarray(row).astype(jnp.int32)

    def sample(key: Key, batch_size: int) -> Batch:
        rows = jax.random.randint(key, (batch_size,), 0, inputs.shape[1])
        chosen = inputs.at[number, rows].get(mode="fill", fill_value=jnp.nan)
        return Batch(inputs=chosen, targets=chosen, factors=jnp.zeros((batch_size, 0)))

    return stateless(sample, gives=vectors(n_features))._replace(
        held_out=held_out.at[number].get(mode="fill", fill_value=jnp.nan)
    )


def check_number(name: str, number: Scalar, arrays: Array) -> None:
    """Refuse the number of what is not among arrays.

    How many there are is known when they are made, so they are looked at, and not their shape.

    Args:
        name: how the number is called in the message.
        number: at least 0.
        arrays: finite numbers, (n, ...).

    Raises:
        ArgumentError: it is no integer in [0, n); one line.
    """
    last = arrays.shape[0] - 1
    require(
        lambda number: number % 1 == 0, [number], lambda: f"{name}={number}: expected an integer"
    )

    def there(number: Array, firsts: Array) -> Array:
        at = jnp.asarray(number).astype(jnp.int32)
        return jnp.isfinite(firsts.at[at].get(mode="fill", fill_value=jnp.nan))

    require(
        there,
        [number, jnp.asarray(arrays).reshape(arrays.shape[0], -1)[:, 0]],
        lambda: f"{name}={number}: expected an integer in [0, {last}]",
    )


def _checked(activations: Mapping[str, Array], name: str, n_features: int) -> Array:
    """An array of the asset.

    Raises:
        ArgumentError: it is not there, or of another shape; one line.
    """
    if name not in activations:
        raise ArgumentError(f"activations: has no {name}, expected {' and '.join(NEEDED)}")
    found = activations[name]
    if found.ndim != 3 or not found.size:
        raise ArgumentError(
            f"activations.{name} of shape {found.shape}: expected (n_rows, n, n_features)"
        )
    if found.shape[2] != n_features:
        raise ArgumentError(
            f"n_features={n_features}: expected the {found.shape[2]} of activations"
        )
    return found
