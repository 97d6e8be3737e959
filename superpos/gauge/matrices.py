"""Groups of square matrices, by how an element is drawn."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from superpos.types import Array, Key

SPREAD = 0.5
"""Standard deviation of the logarithm of a scale that is drawn."""


class Pair(NamedTuple):
    """A matrix and its inverse transpose.

    Attributes:
        direct: M, (size, size).
        dual: the transpose of the inverse of M, (size, size): y . x stays what it is when x goes
            to M x and y to dual y.
    """

    direct: Array
    dual: Array


Sampler = Callable[[Key, int], Pair]
"""(key, size) -> an element."""


def product(A: Array, B: Array) -> Array:
    """A B, in full precision on every device."""
    return jnp.matmul(A, B, precision=jax.lax.Precision.HIGHEST)


def orthogonal(key: Key, size: int) -> Pair:
    """O(size), uniformly (Haar): QR of a normal matrix, with the signs of R moved into Q."""
    Q, R = jnp.linalg.qr(jax.random.normal(key, (size, size)))
    Q = Q * jnp.where(jnp.diagonal(R) < 0, -1, 1).astype(Q.dtype)[None]
    return Pair(Q, Q)


def permutations(key: Key, size: int) -> Pair:
    """Permutations, uniformly."""
    P = jnp.eye(size)[jax.random.permutation(key, size)]
    return Pair(P, P)


def signed_permutations(key: Key, size: int) -> Pair:
    """Permutations with a sign for each coordinate, uniformly."""
    key_order, key_sign = jax.random.split(key)
    P = permutations(key_order, size).direct
    P = P * jax.random.rademacher(key_sign, (size, 1), P.dtype)
    return Pair(P, P)


def positive_scales(key: Key, size: int) -> Pair:
    """A positive scale for each coordinate, log-normal."""
    scales = jnp.exp(SPREAD * jax.random.normal(key, (size,)))
    return Pair(jnp.diag(scales), jnp.diag(1 / scales))


def scaled_permutations(key: Key, size: int) -> Pair:
    """Permutations with a positive scale for each coordinate."""
    key_order, key_scale = jax.random.split(key)
    P, D = permutations(key_order, size), positive_scales(key_scale, size)
    return Pair(P.direct @ D.direct, P.dual @ D.dual)


def general_linear(key: Key, size: int) -> Pair:
    """GL(size): a rotation, a positive scale for each axis, another rotation; well conditioned."""
    key_left, key_scale, key_right = jax.random.split(key, 3)
    left, right = orthogonal(key_left, size).direct, orthogonal(key_right, size).direct
    scales = positive_scales(key_scale, size)
    return Pair(left @ scales.direct @ right, left @ scales.dual @ right)
