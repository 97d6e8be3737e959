"""Starts where a stored model ended."""

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, NonNegative, factory
from superpos.models.inits.base import Init
from superpos.models.weights import by_name, listed
from superpos.types import Array, Key, Members, Params


@factory
def trained(*, members: Members, member: NonNegative = 0, noise_scale: NonNegative = 0.0) -> Init:
    """The parameters of a stored model, in the precision of the run.

    Args:
        members: an asset of trained models.
        member: the number of the one that is taken, from 0 on; a fraction is dropped, and what is
            above the last is the last.
        noise_scale: standard deviation of normal noise on every parameter, in [0, inf), which takes
            a model off a saddle, such as weights that are 0.

    Returns:
        An Init for a model with parameters of the same names and shapes.

    Raises:
        ArgumentError: a value is out of range; or, from the Init, the model is another.
    """
    found = members.at(jnp.asarray(member).astype(jnp.int32)).params

    def start(key: Key, params: Params) -> Params:
        given, expected = listed(by_name(found)), listed(by_name(params))
        if given != expected:
            raise ArgumentError(f"init=trained: members have {given}, expected {expected}")
        leaves, structure = jax.tree.flatten(params)
        keys = structure.unflatten(jax.random.split(key, len(leaves)))
        return jax.tree.map(started, found, params, keys)

    def started(leaf: Array, zero: Array, key: Key) -> Array:
        noise = jax.random.normal(key, zero.shape, zero.dtype)
        return leaf.astype(zero.dtype) + jnp.asarray(noise_scale, zero.dtype) * noise

    return start
