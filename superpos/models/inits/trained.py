"""Starts where a stored model ended."""

from typing import Any

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, NonNegative, factory
from superpos.models.inits.base import Init
from superpos.types import Key, Members, Params


@factory
def trained(*, members: Members, member: NonNegative = 0) -> Init:
    """The parameters of a stored model, in the precision of the run.

    Args:
        members: an asset of trained models.
        member: the number of the one that is taken, from 0 on; a fraction is dropped, and what is
            above the last is the last.

    Returns:
        An Init for a model with parameters of the same names and shapes.

    Raises:
        ArgumentError: a value is out of range; or, from the Init, the model is another.
    """
    found, _ = members.at(jnp.asarray(member).astype(jnp.int32))

    def start(key: Key, params: Params) -> Params:
        del key
        if _shapes(found) != _shapes(params):
            raise ArgumentError(
                f"init=trained: members have {_listed(found)}, expected {_listed(params)}"
            )
        return jax.tree.map(lambda leaf, zero: leaf.astype(zero.dtype), found, params)

    return start


def _shapes(params: Params) -> dict[str, tuple[int, ...]]:
    leaves = jax.tree_util.tree_leaves_with_path(params)
    return {_text(path): leaf.shape for path, leaf in leaves}


def _listed(params: Params) -> str:
    """Names and shapes on one line, such as "W (20, 5), b (20)"."""
    return ", ".join(
        f"{name} ({', '.join(map(str, shape))})" for name, shape in _shapes(params).items()
    )


def _text(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator=".")
