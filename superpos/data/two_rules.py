"""Underspecified data: examples on which two rules agree, and others on which they do not.

What a network has learned from the first shows in what it says of the others. The rules of a pair
are simple and less simple ones, of different parts of the input or of different frequencies.

Source: Shah et al. 2020, The Pitfalls of Simplicity Bias in Neural Networks (arXiv 2006.07710), for
linear features against slabs; Rahaman et al. 2019, On the Spectral Bias of Neural Networks (arXiv
1806.08734), for frequencies.
"""

import functools
from collections.abc import Callable
from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp

from superpos import random
from superpos.arguments import ArgumentError, Count, Fraction, Interval, factory
from superpos.data.finite import DataSeed, sampled
from superpos.required import require
from superpos.types import Array, Batch, Key, Params, Scalar, Source, SourceState

PAIRS = (
    "first bit, majority",
    "majority, parity of three",
    "linear, slabs",
    "linear, quadratic",
    "one feature, the others",
    "frequency 1, frequency 4",
)
"""The first rule and the second one."""
Pair = Annotated[Scalar, Interval("[0, 5]")]
LEAST_FEATURES = 5
POOL = 8
"""Examples drawn for each that is needed; rules agree on a third or more, and differ on as many."""


class TwoRules(NamedTuple):
    """Examples of a pair of rules, whose labels are 1 or -1.

    Attributes:
        train: inputs (n_samples, n_features), targets (n_samples, 1).
        probe: inputs on which the rules disagree, (n_held_out, n_features).
        first: what the first rule says of these, (n_held_out,); the second says the opposite.
    """

    train: Batch
    probe: Array
    first: Array


@factory
def two_rules(
    *,
    n_features: Count,
    pair: Pair,
    n_samples: Count = 32,
    n_held_out: Count = 64,
    label_noise: Fraction = 0.0,
    shuffled: bool = False,
    data_seed: DataSeed = 0,
) -> Source:
    """A fixed set of examples on which two rules agree.

    Args:
        n_features: inputs, an odd number >= 5, with a mean square of 1 over all of them; those that
            a pair does not use are noise, or 0 beside a frequency.
        pair: which of PAIRS, a whole number.
        n_samples: examples, >= 1.
        n_held_out: examples that are held out, on which the rules disagree, >= 1.
        label_noise: share of the examples, to the nearest whole number of them, that the first rule
            has wrong: there the rules disagree, and the label is that of the second. In [0, 1].
        shuffled: whether labels are dealt to the examples by chance, as a control.
        data_seed: which examples, a whole number in [0, 16777216]; a fraction is dropped.

    Returns:
        A Source of n_samples examples, inputs (batch, n_features) and targets (batch, 1), 1 or -1,
        float32; factors are (batch, 0). A batch of n_samples is all of them in order, any other is
        drawn from them. It holds out the others.

    Raises:
        ArgumentError: a value is out of range, pair is no whole number, or n_features is even or
            less than 5.
    """
    made = two_rules_examples(
        n_features=n_features,
        pair=pair,
        n_samples=n_samples,
        n_held_out=n_held_out,
        label_noise=label_noise,
        shuffled=shuffled,
        data_seed=data_seed,
    )
    whole, some = (sampled(made.train, each, n_samples) for each in ("in_order", "random"))

    def sample(params: Params, state: SourceState, key: Key, n: int) -> tuple[Batch, SourceState]:
        return (whole if n == n_samples else some).sample(params, state, key, n)

    return whole._replace(sample=sample, held_out=made.probe)


def two_rules_examples(
    *,
    n_features: int,
    pair: Scalar,
    n_samples: int,
    n_held_out: int,
    label_noise: Scalar = 0.0,
    shuffled: bool = False,
    data_seed: Scalar = 0,
) -> TwoRules:
    """The examples of `two_rules`, with what the rules say of those held out.

    Args:
        n_features: as there, and all others.
        pair: which.
        n_samples: examples.
        n_held_out: others.
        label_noise: share of examples that the first rule has wrong.
        shuffled: whether labels are dealt by chance.
        data_seed: which examples.

    Raises:
        ArgumentError: pair is no whole number, or n_features is even or less than 5.
    """
    if n_features < LEAST_FEATURES or n_features % 2 == 0:
        raise ArgumentError(f"n_features={n_features}: expected an odd integer in [5, 2147483647]")
    require(lambda pair: pair % 1 == 0, [pair], lambda: f"pair={pair}: expected an integer")
    return _drawn(
        jnp.float32(pair),
        jnp.asarray(data_seed).astype(jnp.uint32),
        jnp.float32(label_noise),
        n_features=n_features,
        n_samples=n_samples,
        n_held_out=n_held_out,
        shuffled=shuffled,
    )


@functools.partial(jax.jit, static_argnames=("n_features", "n_samples", "n_held_out", "shuffled"))
def _drawn(
    pair: Array,
    seed: Array,
    label_noise: Array,
    *,
    n_features: int,
    n_samples: int,
    n_held_out: int,
    shuffled: bool,
) -> TwoRules:
    """One program, where it is not part of another."""
    key_pool, key_deal = jax.random.split(jax.random.fold_in(random.key(0), seed))
    size = (POOL * (n_samples + n_held_out), n_features)
    keys = jax.random.split(key_pool, len(_RULES))
    pools = [rule(key, size) for rule, key in zip(_RULES, keys, strict=True)]
    at = pair.astype(jnp.int32)
    inputs, first, second = (jnp.stack(parts)[at] for parts in zip(*pools, strict=True))
    agree, differ = (
        jnp.argsort(first == second, stable=True, descending=down) for down in (True, False)
    )
    wrong = jnp.arange(n_samples) < jnp.round(label_noise * n_samples)
    chosen = jnp.where(wrong, differ[:n_samples], agree[:n_samples])
    labels = second[chosen]
    if shuffled:
        labels = jax.random.permutation(key_deal, labels)
    probe = differ[n_samples : n_samples + n_held_out]
    train = Batch(inputs=inputs[chosen], targets=labels[:, None], factors=jnp.zeros((n_samples, 0)))
    return TwoRules(train, inputs[probe], first[probe])


def _sign(values: Array) -> Array:
    return jnp.where(values > 0, 1.0, -1.0).astype(jnp.float32)


Examples = tuple[Array, Array, Array]
"""Inputs, and what the first rule and the second say of them."""


def _bits(key: Key, size: tuple[int, int]) -> Array:
    return _sign(jax.random.uniform(key, size, jnp.float32) - 0.5)


def _first_bit(key: Key, size: tuple[int, int]) -> Examples:
    x = _bits(key, size)
    return x, x[:, 0], _sign(x.sum(1))


def _majority(key: Key, size: tuple[int, int]) -> Examples:
    x = _bits(key, size)
    return x, _sign(x.sum(1)), x[:, :3].prod(1)


def _uniform(key: Key, size: tuple[int, int]) -> Array:
    """With mean 0 and variance 1."""
    return 3**0.5 * (2 * jax.random.uniform(key, size, jnp.float32) - 1)


def _slabs(key: Key, size: tuple[int, int]) -> Examples:
    """Five slabs of equal width along the second input, of alternating labels."""
    x = _uniform(key, size)
    return x, _sign(x[:, 0]), _sign(jnp.cos(2.5 * jnp.pi * x[:, 1] / 3**0.5))


def _quadratic(key: Key, size: tuple[int, int]) -> Examples:
    x = _uniform(key, size)
    return x, _sign(x[:, 0]), _sign(jnp.abs(x[:, 1]) - 3**0.5 / 2)


def _features(key: Key, size: tuple[int, int]) -> Examples:
    """Both rules are projections of a normal vector: one is a rotation of the other."""
    x = jax.random.normal(key, size, jnp.float32)
    return x, _sign(x[:, 0]), _sign(x[:, 1:].sum(1))


def _frequencies(key: Key, size: tuple[int, int]) -> Examples:
    """Points of a circle in the plane of the first two inputs."""
    angle = 2 * jnp.pi * jax.random.uniform(key, size[:1], jnp.float32)
    plane = size[1] ** 0.5 * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)
    x = jnp.pad(plane, ((0, 0), (0, size[1] - 2)))
    return x, _sign(jnp.sin(angle)), _sign(jnp.sin(4 * angle))


_RULES: tuple[Callable[[Key, tuple[int, int]], Examples], ...] = (
    _first_bit,
    _majority,
    _slabs,
    _quadratic,
    _features,
    _frequencies,
)
"""In the order of PAIRS."""
