"""Members that are sensitive to rounding: the same run, begun one ulp away."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from superpos.types import Array, Carry


def nudged(carry: Carry) -> Carry:
    """The carry with every parameter moved up to the next floating-point number."""

    def nudge(leaf: Array) -> Array:
        inexact = jnp.issubdtype(leaf.dtype, jnp.inexact)
        return jnp.nextafter(leaf, jnp.full_like(leaf, jnp.inf)) if inexact else leaf

    return dataclasses.replace(carry, params=jax.tree.map(nudge, carry.params))


nudge = jax.jit(nudged, donate_argnums=0)
"""The same, compiled where it is first asked for; the carry given is consumed."""


def sensitivity(carry: Carry, other: Carry, n_leading: int) -> np.ndarray:
    """How far apart two ends of the same run are.

    A run that computes in chunks of another width, on another device or with another version of the
    compiler differs from this one in the last bits of each step, as one that begins an ulp away
    does. Where that is enough to change the result, no conclusion can rest on the member alone.

    Args:
        carry: after the last block, on the host.
        other: the same of the nudged run.
        n_leading: leading dimensions, which count members.

    Returns:
        The largest change of a parameter over the largest parameter of the member, float32, of the
        leading shape; inf where only one of the two diverged, or they did at different steps.
    """
    pairs = zip(jax.tree.leaves(carry.params), jax.tree.leaves(other.params), strict=True)
    change, size = 0.0, np.finfo(np.float32).tiny
    for a, b in pairs:
        change = np.maximum(change, _largest(np.subtract(b, a, dtype=np.float64), n_leading))
        size = np.maximum(size, _largest(a, n_leading))
    same = np.asarray(carry.diverged_step) == np.asarray(other.diverged_step)
    return np.where(same, change / size, np.inf).astype(np.float32)


def _largest(array: Any, n_leading: int) -> np.ndarray:
    magnitude = np.abs(np.asarray(array))
    return magnitude.max(axis=tuple(range(n_leading, magnitude.ndim)), initial=0.0)
