"""Uniform numbers in rows, a feature a row, each row a stream of its own."""

import jax
import jax.numpy as jnp
import numpy as np

from superpos.random import threefry
from superpos.types import Array, Key, KeyData


def uniform_rows(key: Key, shape: tuple[int, int]) -> Array:
    """Uniform float32 on [0, 1] from all 32 random bits, so that small values stay fine-grained.

    `jax.random.uniform` has steps of 2^-23; at density 0.001 that leaves 8,388 distinct values for
    a feature, where 32 bits leave 4.3 million. Row i depends on the key and i alone, not on how
    many rows there are.

    On a CPU the rows are drawn in a loop: left to itself, the compiler would fuse the draws into
    whatever reads them and draw anew for each point of a grid that shares them.

    Args:
        key: a typed key, ().
        shape: rows and their length.

    Returns:
        Numbers of that shape, float32.
    """
    n_rows, length = shape

    def draw(data: Array) -> Array:
        row_key = jax.random.wrap_key_data(data, impl=jax.random.key_impl(key))
        return jax.random.bits(row_key, (length,), jnp.uint32)

    bits = jax.lax.platform_dependent(
        jax.random.key_data(jax.random.split(key, n_rows)),
        cpu=lambda data: jax.lax.map(draw, data),
        default=jax.vmap(draw),
    )
    return _to_unit_interval(bits)


def uniform_columns(words: KeyData, shape: tuple[int, int]) -> list[Array]:
    """The rows of `uniform_rows` for a key of threefry13, without an array of more dimensions.

    Args:
        words: the data of the key, two words, uint32 ().
        shape: rows and their length.

    Returns:
        The same numbers, bit for bit: a vector (length,), float32, for each row.
    """
    n_rows, length = shape
    counter = threefry.count((length,))
    columns = []
    for row in range(n_rows):
        key = threefry.blocks(words, threefry.SPLIT, np.uint32(row), threefry.KEY_ROUNDS)
        _, bits = threefry.blocks(key, threefry.BITS, counter, threefry.BULK_ROUNDS)
        columns.append(_to_unit_interval(bits))
    return columns


def _to_unit_interval(bits: Array) -> Array:
    return bits.astype(jnp.float32) * np.float32(2.0**-32)
