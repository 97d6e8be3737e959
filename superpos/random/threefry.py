"""Threefry-2x32 written so that the compiler fuses it with whatever uses the random words.

Source: Salmon, Moraes, Dror & Shaw 2011, Parallel Random Numbers: As Easy as 1, 2, 3 (SC'11), the
section on Threefry: the constants, the rotations and the key injections are those of its Random123
library. The authors call 13 rounds the fewest that are Crush-resistant (no safety margin) and
recommend 20.

A word of bulk output takes 13 rounds; a new key (seed, split, fold_in) takes 20, since keys are
rare and everything rests on them. That is the margin: on 2^23 words the battery of the tests sees
nothing wrong with 8 rounds under such keys; under the keys 0, 1, 2, ... taken as they are it
rejects 10 rounds and accepts 11. JAX's own "threefry2x32" takes 20 for both and, on a CPU, runs
them as a loop that cannot be fused.
"""

import functools
import math

import jax
import jax.extend.random
import jax.numpy as jnp
import numpy as np
from jax import lax

from superpos.types import Array, KeyData

BULK_ROUNDS, KEY_ROUNDS = 13, 20
BITS, SPLIT, FOLD_IN = range(3)
"""First word of the counter: what the block is used for. The second word counts."""
ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
PARITY = 0x1BD11BDA
MAX_BLOCKS = 2**32


def block(
    key: tuple[Array, Array], counter: tuple[Array, Array | np.uint32], *, rounds: int
) -> list[Array]:
    """Encrypt a counter: Threefry-2x32 with the given number of rounds.

    Args:
        key: two words, uint32 of any shapes that broadcast with the counter's.
        counter: two words, uint32.
        rounds: rounds, in [1, 32].

    Returns:
        Two words, uint32, of the broadcast shape.

    Reference: Salmon et al. 2011, Threefry; Random123, threefry.h.
    """
    keys = (*key, key[0] ^ key[1] ^ np.uint32(PARITY))
    x, y = counter[0] + keys[0], counter[1] + keys[1]
    for number in range(1, rounds + 1):
        rotation = ROTATIONS[(number - 1) % 8]
        x = x + y
        y = x ^ ((y << np.uint32(rotation)) | (y >> np.uint32(32 - rotation)))
        turn, rest = divmod(number, 4)
        if rest == 0:
            x, y = x + keys[turn % 3], y + (keys[(turn + 1) % 3] + np.uint32(turn))
    return [x, y]


@functools.partial(jax.jit, inline=True)
def seed(value: Array) -> Array:
    """Make a key from an integer; different integers give different keys.

    Args:
        value: an integer of 32 or 64 bits, ().

    Returns:
        The data of the key, uint32 (2,).
    """
    high = lax.shift_right_logical(value, jnp.asarray(32, value.dtype)).astype(jnp.uint32)
    zero = jnp.uint32(0)
    return jnp.stack(block((zero, zero), (high, value.astype(jnp.uint32)), rounds=KEY_ROUNDS))


@functools.partial(jax.jit, static_argnums=1, inline=True)
def split(key: Array, shape: tuple[int, ...]) -> Array:
    """Derive an array of keys; key number i (row-major) does not depend on how many there are.

    Args:
        key: the data of a key, uint32 (2,).
        shape: how many keys, at most 2^32 in all.

    Returns:
        Their data, uint32 (*shape, 2).

    Raises:
        ValueError: more than 2^32 keys.
    """
    return jnp.stack(blocks(key, SPLIT, count(shape), KEY_ROUNDS), axis=-1)


@functools.partial(jax.jit, inline=True)
def fold_in(key: Array, data: Array) -> Array:
    """Derive one key from a key and an integer.

    Args:
        key: the data of a key, uint32 (2,).
        data: an integer, taken modulo 2^32, ().

    Returns:
        The data of the new key, uint32 (2,).
    """
    return jnp.stack(blocks(key, FOLD_IN, jnp.asarray(data).astype(jnp.uint32), KEY_ROUNDS))


@functools.partial(jax.jit, static_argnums=(1, 2), inline=True)
def random_bits(key: Array, bit_width: int, shape: tuple[int, ...]) -> Array:
    """Random words, one block each: the second word of the block, or both for 64 bits.

    Element i (row-major) depends on the key and i alone. The exclusive or of the two words, which
    JAX takes, would undo the last of 13 rounds, since no key is added after it.

    Args:
        key: the data of a key, uint32 (2,).
        bit_width: 8, 16, 32 or 64; 8 and 16 are the low bits of the 32-bit words, and 64 needs
            jax_enable_x64.
        shape: at most 2^32 elements in all.

    Returns:
        Unsigned integers of that width, of that shape.

    Raises:
        TypeError: another bit width.
        ValueError: more than 2^32 elements.
    """
    if bit_width not in (8, 16, 32, 64):
        raise TypeError(f"bit_width={bit_width}: expected 8, 16, 32 or 64")
    dtype = jnp.dtype(f"uint{bit_width}")
    high, low = blocks(key, BITS, count(shape), BULK_ROUNDS)
    if bit_width == 64:
        return (high.astype(dtype) << np.uint64(32)) | low.astype(dtype)
    return low.astype(dtype)


def count(shape: tuple[int, ...]) -> Array:
    """The numbers 0, 1, 2, ... in row-major order, uint32 of that shape, without a reshape.

    Raises:
        ValueError: more than 2^32 elements.
    """
    if math.prod(shape) > MAX_BLOCKS:
        raise ValueError(f"shape={shape}: expected at most 2^32 elements from one key")
    total = jnp.zeros(shape, jnp.uint32)
    for axis in range(len(shape)):
        stride = math.prod(shape[axis + 1 :]) % MAX_BLOCKS
        total = total + lax.broadcasted_iota(jnp.uint32, shape, axis) * np.uint32(stride)
    return total


def blocks(key: Array | KeyData, use: int, counter: Array | np.uint32, rounds: int) -> list[Array]:
    """Encrypt a counter for one use of a key; the functions above are this, a use each.

    It asks for no array but the counter, so it also runs where there are only scalars and vectors
    of one length.

    Args:
        key: the data of a key, uint32 (2,), or its two words.
        use: BITS, SPLIT or FOLD_IN.
        counter: which of the numbers or keys, uint32 of any shape.
        rounds: BULK_ROUNDS for BITS, else KEY_ROUNDS.

    Returns:
        Two words, uint32, of the shape of the counter: a key, or for BITS a number in the second.
    """
    uses = jnp.full_like(counter, use)
    return block((key[0], key[1]), (uses, counter), rounds=rounds)


THREEFRY13 = jax.extend.random.define_prng_impl(
    key_shape=(2,),
    seed=seed,
    split=split,
    random_bits=random_bits,
    fold_in=fold_in,
    name="threefry2x32_13",
    tag="fry13",
)
"""The generator, for `jax.random.key(seed, impl=THREEFRY13)` and `jax.random.wrap_key_data`."""
