"""What an agent is shown of a clock that counts from 0.

Source of the sinusoids: Vaswani et al. 2017, Attention Is All You Need (arXiv 1706.03762), section
3.5, with periods that suit an episode.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, Finite, NonNegatives, Positive, factory
from superpos.types import Array, Key


class Encoding(NamedTuple):
    """A clock as a vector.

    Attributes:
        init: key -> what is drawn once for an episode; () when that is nothing.
        encode: (what init drew, key, clock float32 ()) -> float32 (width,).
        width: numbers of the vector, >= 0.
    """

    init: Callable[[Key], Any]
    encode: Callable[[Any, Key, Array], Array]
    width: int


def _fixed(encode: Callable[[Array], Array], width: int) -> Encoding:
    """An encoding that draws nothing."""
    return Encoding(lambda _: (), lambda _drawn, _key, clock: encode(clock), width)


@factory
def hidden() -> Encoding:
    """No clock.

    Returns:
        An Encoding of width 0.
    """
    return _fixed(lambda _: jnp.zeros(0), 0)


@factory
def scalar(*, unit: Positive = 1.0) -> Encoding:
    """The clock as one number.

    Args:
        unit: ticks that are shown as 1, in (0, inf).

    Returns:
        An Encoding of width 1.

    Raises:
        ArgumentError: a value is out of range.
    """
    return _fixed(lambda clock: (clock / unit)[None], 1)


@factory
def frozen(*, shown: Finite = 0.0) -> Encoding:
    """A clock that stands still.

    Args:
        shown: what it says, a finite number.

    Returns:
        An Encoding of width 1.

    Raises:
        ArgumentError: a value is out of range.
    """
    return _fixed(lambda _: jnp.full(1, shown, jnp.float32), 1)


@factory
def one_hot(*, n_indices: Count) -> Encoding:
    """An input for each tick, of which one is 1.

    Args:
        n_indices: ticks that have one, >= 1; of a later tick all inputs are 0.

    Returns:
        An Encoding of width n_indices.

    Raises:
        ArgumentError: a value is out of range.
    """
    return _fixed(lambda clock: jax.nn.one_hot(clock.astype(jnp.int32), n_indices), n_indices)


@factory
def sinusoid(
    *, n_frequencies: Count, shortest_period: Positive = 4.0, longest_period: Positive
) -> Encoding:
    """Sine and cosine of the clock at several periods, each a constant factor above the last.

    Args:
        n_frequencies: how many, >= 1.
        shortest_period: of the first, in ticks, in (0, inf).
        longest_period: of the last of several, in ticks, in (0, inf).

    Returns:
        An Encoding of width 2 n_frequencies: all sines, then all cosines.

    Raises:
        ArgumentError: a value is out of range.
    """

    def encode(clock: Array) -> Array:
        place = jnp.arange(n_frequencies) / max(n_frequencies - 1, 1)
        angle = 2 * jnp.pi * clock / (shortest_period * (longest_period / shortest_period) ** place)
        return jnp.concatenate([jnp.sin(angle), jnp.cos(angle)])

    return _fixed(encode, 2 * n_frequencies)


@factory
def random_number() -> Encoding:
    """A number from U(0, 1) at each step, which says nothing.

    Returns:
        An Encoding of width 1.
    """
    return Encoding(lambda _: (), lambda _drawn, key, _clock: jax.random.uniform(key, (1,)), 1)


@factory
def permuted(*, n_indices: Count) -> Encoding:
    """As `one_hot`, with the ticks in an order that is drawn for each episode.

    A tick still differs from all others of its episode, but says nothing about how many went
    before.

    Args:
        n_indices: ticks that have an input, >= 1; of a later tick all inputs are 0.

    Returns:
        An Encoding of width n_indices.

    Raises:
        ArgumentError: a value is out of range.
    """

    def init(key: Key) -> Array:
        return jax.random.permutation(key, n_indices)

    def encode(order: Array, key: Key, clock: Array) -> Array:
        del key
        return (order == clock.astype(jnp.int32)).astype(jnp.float32)

    return Encoding(init, encode, n_indices)


@factory
def several(*, encodings: Sequence[Encoding], gains: NonNegatives) -> Encoding:
    """Several encodings side by side, so that which of them is seen is an axis of one program.

    Args:
        encodings: which.
        gains: what multiplies each, a number >= 0 for each; with 0 it is not seen.

    Returns:
        An Encoding of the widths of all together.

    Raises:
        ArgumentError: a value is out of range, or there is not a gain for each.
    """
    if len(gains) != len(encodings):
        raise ArgumentError(f"gains: has {len(gains)}, expected {len(encodings)}, one for each")

    def init(key: Key) -> tuple[Any, ...]:
        keys = jax.random.split(key, len(encodings))
        return tuple(each.init(key) for each, key in zip(encodings, keys, strict=True))

    def encode(drawn: tuple[Any, ...], key: Key, clock: Array) -> Array:
        keys = jax.random.split(key, len(encodings))
        parts = zip(encodings, gains, drawn, keys, strict=True)
        return jnp.concatenate(
            [gain * each.encode(own, key, clock) for each, gain, own, key in parts]
        )

    return Encoding(init, encode, sum(each.width for each in encodings))
