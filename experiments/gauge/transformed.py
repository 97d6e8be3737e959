"""Starts transformed by symmetries of a model; each computes what its own start does."""

from collections.abc import Mapping
from typing import Literal

import jax
import jax.numpy as jnp

from superpos import gauge
from superpos.arguments import NonNegative, factory
from superpos.gauge import Group, matrices, symmetries
from superpos.models.inits import Init, glorot
from superpos.models.inits.base import fields
from superpos.types import Array, Key, Params

SIDES: tuple[dict[str, int], dict[str, int]] = ({"W_in": -1}, {"W_out": -1})
"""What writes to the hidden units of an untied model, and what reads from them."""
SYMMETRIES: Mapping[str, Mapping[str, Group]] = {
    "tied": {
        "O(m)": symmetries.rotation(),
        "signed permutation": symmetries.signed_permutation(),
        "permutation": symmetries.unit_permutation({"W": -1}),
    },
    "relu": {
        "permutation of units": symmetries.unit_permutation(*SIDES),
        "scale of units": symmetries.unit_rescaling(*SIDES),
        "scale of a layer": symmetries.layer_scale(["W_in", "W_out"]),
    },
    "linear": {
        "O(m) of both": gauge.basis_change(
            "O(m) of both", matrices.orthogonal, writes=SIDES[0], reads=SIDES[1]
        ),
        "GL(m)": symmetries.linear_bottleneck(),
    },
}
"""Model -> name -> a group that acts on it; numbered in this order."""
NAMES = {"tied": ("W",), "relu": ("W_in", "W_out"), "linear": ("W_in", "W_out")}
"""Parameters that the groups act on."""


@factory
def transformed(
    *,
    of: Literal["tied", "relu", "linear"],
    symmetry: NonNegative = 0,
    element: NonNegative = 0,
    init: Init | None = None,
) -> Init:
    """Another start, transformed by a random element of a symmetry group of the model.

    Args:
        of: the model: "tied" with a linear code; "relu" or "linear", untied with such units.
        symmetry: number of the group among SYMMETRIES of that model, a whole number in [0, inf);
            what is above the last is the last.
        element: which element for a seed, a whole number in [0, inf); 0 is none, and a fraction is
            rounded up.
        init: the other start; None is `glorot`.

    Returns:
        An Init for that model.

    Raises:
        ArgumentError: a value is out of range; or, from the Init, the model is another.
    """
    inner = glorot() if init is None else init

    def start(key: Key, params: Params) -> Params:
        fields("transformed", params, *NAMES[of])
        key_start, key_draw = jax.random.split(key)
        params = inner(key_start, params)
        number = jnp.ceil(jnp.asarray(element)).astype(jnp.int32)
        keys = jax.random.split(jax.random.fold_in(key_draw, number), len(SYMMETRIES[of]))
        each = [
            group.act(group.sample(one, params), params)
            for one, group in zip(keys, SYMMETRIES[of].values(), strict=True)
        ]
        which = jnp.asarray(symmetry).astype(jnp.int32)

        def chosen(at_start: Array, *leaves: Array) -> Array:
            there = jnp.stack(leaves).at[which].get(mode="clip")
            return jnp.where(number > 0, there, at_start).astype(at_start.dtype)

        return jax.tree.map(chosen, params, *each)

    return start
