"""How complex a string is, by the number of phrases that it is made of.

Source: Lempel & Ziv 1976, On the Complexity of Finite Sequences (the phrases); Valle-Pérez, Camargo
& Louis 2018, Deep Learning Generalizes Because the Parameter-Function Map is Biased Towards Simple
Functions (arXiv 1805.08522), appendix C, after Dingle, Camargo & Louis 2018 (the complexity).
"""

from typing import Annotated, Any

import jax
import jax.numpy as jnp

from superpos.metrics.entry import Axes, Numbers, metric
from superpos.types import Array

Bits = Annotated[Any, Axes(("symbol",), "truth values")]


@metric
def lempel_ziv_complexity(bits: Bits) -> Numbers:
    """The complexity of a binary string, such as the outputs of a Boolean function in some order.

    It depends on the order. A string of n symbols is cut into phrases from the left, each the
    shortest that has not begun earlier in the string (Lempel & Ziv 1976); N is their number.

    Args:
        bits: (..., n), n >= 1.

    Returns:
        log2(n) (N(bits) + N(bits backwards)) / 2, and log2(n) where all symbols are equal, float32
        (...).
    """
    n = bits.shape[-1]
    count = jnp.vectorize(_phrases, signature="(n)->()")
    both = (count(bits) + count(bits[..., ::-1])) / 2
    alike = (bits == bits[..., :1]).all(-1)
    return jnp.log2(jnp.float32(n)) * jnp.where(alike, 1.0, both)


def _phrases(symbols: Array) -> Array:
    """The number of phrases of one string, (n,) -> ()."""
    n = symbols.shape[0]
    places = jnp.arange(n)

    def longest(after: Array, place: Array) -> tuple[Array, Array]:
        """What is common to the string from here and from every other place, and from an earlier.

        Args:
            after: the same from the next place on, (n,).
            place: where.
        """
        common = jnp.where(symbols == symbols[place], 1 + jnp.append(after[1:], 0), 0)
        return common, jnp.max(jnp.where(places < place, common, 0))

    _, lengths = jax.lax.scan(longest, jnp.zeros(n, jnp.int32), places, reverse=True)

    def cut(at: tuple[Array, Array], _: Array) -> tuple[tuple[Array, Array], None]:
        place, found = at
        more = place < n
        step = jnp.where(more, lengths[jnp.minimum(place, n - 1)] + 1, 0)
        return (place + step, found + more), None

    (_, found), _ = jax.lax.scan(cut, (jnp.int32(0), jnp.int32(0)), places)
    return found
