"""The k largest of many numbers, exactly, where k may be a tracer.

Floats order as their bits do, once those of negative numbers are turned round. So the k-th largest
is found from its bits, by counting how many numbers are at least as large: 16 passes over float32,
and no sort. `lax.top_k` and `jnp.sort` need k to be static, and take longer on a CPU.
"""

import jax
import jax.numpy as jnp

from superpos.types import Array, Scalar


@jax.jit  # traced once for each shape, wherever it is called
def largest(values: Array, k: Scalar) -> Array:
    """Which numbers along the last axis are among the k largest.

    Of equal numbers those with the lower index are taken, as by `lax.top_k`, so that exactly k are
    chosen. No gradient goes through the choice.

    Args:
        values: any floating dtype, (..., n). An infinity counts as a number, nan as more than that,
            or with its sign bit set as less than all.
        k: how many, >= 0; a fraction is dropped. All are chosen where k is n or more; where it is 0
            none, but for a first one that is the nan with all bits but the sign set.

    Returns:
        Truth values, (..., n).
    """
    ordered = _ordered(jax.lax.stop_gradient(values))
    k = jnp.asarray(k).astype(jnp.int32)
    threshold = _kth_largest(ordered, k)[..., None]
    above, tied = ordered > threshold, ordered == threshold
    n_above, n_tied = _counts(above, tied)
    wanted = k - n_above
    last = _last_of(tied, wanted, some=n_tied > wanted)
    return above | (tied & (_index(ordered) <= last[..., None]))


def _ordered(values: Array) -> Array:
    """Integers that are ordered like the floats."""
    dtype = jnp.dtype(f"int{8 * values.dtype.itemsize}")
    bits = jax.lax.bitcast_convert_type(values, dtype)
    return jnp.where(bits < 0, bits ^ jnp.iinfo(dtype).max, bits)


def _kth_largest(ordered: Array, k: Array) -> Array:
    """The largest integer that at least k of the numbers reach, (...).

    Two bits in a pass: a pass costs its way through memory, whether it counts once or three times,
    and XLA makes a better loop of three sums than of one.
    """
    info = jnp.iinfo(ordered.dtype)

    def set_bits(number: Array, found: Array) -> Array:
        step = jnp.left_shift(
            jnp.ones((), ordered.dtype), (info.bits - 2 - 2 * number).astype(ordered.dtype)
        )
        higher = (found + step, found + 2 * step, found + 3 * step)  # these go round at the end
        reached = [
            count >= k for count in _counts(*(ordered >= each[..., None] for each in higher))
        ]
        return found + sum(each.astype(ordered.dtype) for each in reached) * step

    start = jnp.full(ordered.shape[:-1], info.min, ordered.dtype)
    return jax.lax.fori_loop(0, info.bits // 2, set_bits, start)


def _last_of(tied: Array, wanted: Array, *, some: Array) -> Array:
    """The index of the last of the equal numbers that is chosen, (...).

    Where all of them are and not only some, which is nearly always so, nothing is searched.
    """
    n = tied.shape[-1]
    index = _index(tied)

    def searching(loop: tuple[Array, Array]) -> Array:
        return (loop[0] >= 0) & jnp.any(some)

    def set_bit(loop: tuple[Array, Array]) -> tuple[Array, Array]:
        bit, found = loop
        higher = found + jnp.left_shift(1, bit)
        fewer = _count(tied & (index < higher[..., None])) < wanted
        return bit - 1, jnp.where(fewer, higher, found)

    first = (jnp.int32(n.bit_length() - 1), jnp.zeros(some.shape, jnp.int32))
    _, found = jax.lax.while_loop(searching, set_bit, first)
    return jnp.where(some, found, n)


def _counts(*truths: Array) -> tuple[Array, ...]:
    """How many are true along the last axis of each, in one pass over memory."""
    ones = tuple(each.astype(jnp.int32) for each in truths)
    zeros = (jnp.int32(0),) * len(ones)
    return jax.lax.reduce(
        ones, zeros, lambda a, b: tuple(map(jnp.add, a, b)), (truths[0].ndim - 1,)
    )


def _count(truths: Array) -> Array:
    return jnp.sum(truths, axis=-1, dtype=jnp.int32)


def _index(like: Array) -> Array:
    """0, 1, ... along the last axis of an array of this shape."""
    return jax.lax.broadcasted_iota(jnp.int32, like.shape, like.ndim - 1)
