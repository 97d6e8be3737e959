"""A world of binary concepts, what text says of them, and what a human values.

Of the concepts in use the first n_valued are the named values: the human values them, and a pointer
names them. The next n_valued are the unnamed values: valued too, but no pointer names them. The
next n_valued are correlates of the named values, which the human does not value.
"""

from typing import Annotated

import jax
import jax.numpy as jnp

from superpos import random
from superpos.arguments import Interval, shown
from superpos.required import require
from superpos.types import Array, Key, Scalar

GAIN = 0.5
"""Standard deviation of an entry of the matrix that mixes concepts into an input."""
TEXTS = (
    "true",
    "names permuted",
    "named values absent",
    "unnamed values absent",
    "correlates always along",
)
"""What the text may say that a network is pretrained on."""
TRUE, PERMUTED, NAMED_ABSENT, UNNAMED_ABSENT, CORRELATED = range(len(TEXTS))
Text = Annotated[Scalar, Interval("[0, 4]")]
N_GROUPS = 3
"""Named values, unnamed values and correlates."""


def check_sizes(n_used: Scalar, n_valued: Scalar) -> None:
    """Refuse more valued concepts than there is room for.

    Raises:
        ArgumentError: one line.
    """
    require(
        lambda n_used, n_valued: N_GROUPS * jnp.floor(n_valued) <= n_used,
        [n_used, n_valued],
        lambda: f"n_valued={shown(n_valued)}: expected at most a third of n_used={shown(n_used)}",
    )


def check_text(text: Scalar) -> None:
    """Refuse a number of a text that is not whole.

    Raises:
        ArgumentError: one line.
    """
    require(lambda text: text % 1 == 0, [text], lambda: f"text={shown(text)}: expected an integer")


def group(n_concepts: int, n_valued: Scalar, number: int) -> Array:
    """Which concepts are of a group, 0 for named values, 1 for unnamed, 2 for correlates, bool."""
    return jnp.arange(n_concepts) // jnp.floor(n_valued) == number


def draw_concepts(
    key: Key,
    n: int,
    n_concepts: int,
    *,
    n_used: Scalar,
    density: Scalar,
    n_valued: Scalar,
    correlation: Scalar,
) -> Array:
    """Which concepts are true of n items, float32 (n, n_concepts).

    Args:
        key: where they are drawn from.
        n: items.
        n_concepts: concepts; those from n_used on are never true.
        n_used: concepts in use.
        density: probability of each that is in use.
        n_valued: named values, of as many correlates.
        correlation: probability that a correlate is a copy of its named value, of all items or of
            each, (n,); else it is drawn for itself.
    """
    number = jnp.arange(n_concepts)
    drawn, copying = jax.random.uniform(key, (2, n, n_concepts), jnp.float32)
    true = drawn < density
    before = (N_GROUPS - 1) * jnp.floor(n_valued).astype(jnp.int32)
    original = jnp.take(true, number - before, axis=1, mode="clip")
    copied = copying < jnp.broadcast_to(correlation, (n,))[:, None]
    copied &= group(n_concepts, n_valued, 2)[None]
    known = jnp.where(copied, original, true) & (number < jnp.floor(n_used))[None]
    return known.astype(jnp.float32)


def observe(
    key: Key, concepts: Array, n_inputs: int, *, noise_std: Scalar, world_seed: Scalar
) -> Array:
    """What is seen of items, tanh(Mz) + noise, float32 (n, n_inputs).

    Args:
        key: of the noise.
        concepts: z, (n, n_concepts).
        n_inputs: inputs of an item.
        noise_std: standard deviation of the noise.
        world_seed: which M, of normal entries.
    """
    seed = jnp.asarray(world_seed).astype(jnp.uint32)
    key_mix = jax.random.fold_in(random.key(0), seed)
    M = GAIN * jax.random.normal(key_mix, (concepts.shape[1], n_inputs), jnp.float32)
    mixed = jnp.matmul(concepts, M, precision=jax.lax.Precision.HIGHEST)
    return jnp.tanh(mixed) + noise_std * jax.random.normal(key, mixed.shape, jnp.float32)


def said(
    key: Key, concepts: Array, text: Scalar, *, n_used: Scalar, density: Scalar, n_valued: Scalar
) -> Array:
    """What text says of each concept by its name, float32 (n, n_concepts).

    Args:
        key: of what it says by chance.
        concepts: what is true, (n, n_concepts).
        text: number of one of TEXTS. Permuted names are moved on by half of n_used; of what is
            absent it says true with probability density, by chance.
        n_used: concepts in use.
        density: probability of each.
        n_valued: named values.
    """
    n_concepts = concepts.shape[1]
    number, used = jnp.arange(n_concepts), jnp.floor(n_used).astype(jnp.int32)
    moved = jnp.where(number < used, (number + used // 2) % used, number)
    chance = jax.random.uniform(key, concepts.shape, jnp.float32) < density
    absent = (text == NAMED_ABSENT) & group(n_concepts, n_valued, 0)
    absent |= (text == UNNAMED_ABSENT) & group(n_concepts, n_valued, 1)
    told = jnp.where(text == PERMUTED, concepts[:, moved], concepts)
    return jnp.where(absent[None], chance.astype(jnp.float32), told)


def values(concepts: Array, *, density: Scalar, n_valued: Scalar, named_share: Scalar) -> Array:
    """What the human values items at: a sum over concepts of mean 0 and variance 1, (n,).

    Args:
        concepts: what is true of them, (n, n_concepts).
        density: probability of each concept.
        n_valued: named values, and as many unnamed ones.
        named_share: part of the variance that named values have, in [0, 1].
    """
    n_concepts = concepts.shape[1]
    named, unnamed = (group(n_concepts, n_valued, number) for number in (0, 1))
    weights = jnp.sqrt(named_share) * named + jnp.sqrt(1 - named_share) * unnamed
    weights = weights / jnp.sqrt(jnp.floor(n_valued) * density * (1 - density))
    return jnp.matmul(concepts - density, weights, precision=jax.lax.Precision.HIGHEST)
