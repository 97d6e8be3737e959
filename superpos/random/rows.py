"""Uniform numbers in rows, a feature a row, each row a stream of its own."""

import jax
import jax.numpy as jnp

from superpos.types import Array, Key


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
    return bits.astype(jnp.float32) * jnp.float32(2.0**-32)
