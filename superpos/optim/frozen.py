"""Optimisers that leave some parameters as they start, or near it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import ArgumentError
from superpos.types import Array, Params, Scalar


class NearStartState(NamedTuple):
    """The directions in which rows started, (n_rows, n), and the state of the optimiser inside."""

    start: Array
    inner: Any


def frozen_at(
    inner: optax.GradientTransformation, name: str | None
) -> optax.GradientTransformation:
    """An optimiser that leaves some parameters as they are; it sees gradients of 0 there.

    Args:
        inner: the optimiser.
        name: of the parameter, whatever it is in; None is all of them.

    Returns:
        An optax GradientTransformation, whose update needs the parameters.

    Raises:
        ArgumentError: from `init`, there is no parameter of that name; one line.
    """

    def still(tree: Params) -> Params:
        return at(name, lambda leaf, _: jnp.zeros_like(leaf), tree, tree)

    def init(params: Params) -> optax.OptState:
        if name is not None:
            _leaf(name, params)
        return inner.init(params)

    def update(updates: Params, state: Any, params: Params | None = None) -> tuple[Params, Any]:
        steps, state = inner.update(still(updates), state, params)
        return still(steps), state

    return optax.GradientTransformation(init, update)


def near_start(
    inner: optax.GradientTransformation, name: str, least_cosine: Scalar
) -> optax.GradientTransformation:
    """Updates after which each row of a matrix is near the direction in which it started.

    A row that would leave the cone is turned back to its rim, by the shortest way, and keeps its
    norm.

    Args:
        inner: the optimiser.
        name: of the matrix.
        least_cosine: of a row with its start, in [0, 1].

    Returns:
        An optax GradientTransformation, whose update needs the parameters. A row that is 0, or was
        at the start, is left to `inner`.

    Raises:
        ArgumentError: from `init`, there is no parameter of that name; one line.
    """

    def init(params: Params) -> NearStartState:
        return NearStartState(unit_rows(_leaf(name, params)), inner.init(params))

    def update(
        updates: Params, state: Any, params: Params | None = None
    ) -> tuple[Params, NearStartState]:
        steps, after = inner.update(updates, state.inner, params)

        def turned(step: Array, W: Array) -> Array:
            return _in_cone(W + step, state.start, least_cosine) - W

        return at(name, turned, steps, params), NearStartState(state.start, after)

    return optax.GradientTransformation(init, update)


def at(
    name: str | None, change: Callable[[Array, Array], Array], updates: Params, params: Params
) -> Params:
    """Updates of which the array of one name, or where it is None all, are changed."""

    def changed(path: Any, leaf: Array, old: Array) -> Array:
        return change(leaf, old) if name is None or _name(path) == name else leaf

    return jax.tree_util.tree_map_with_path(changed, updates, params)


def _leaf(name: str, params: Params) -> Array:
    """The parameter of a name.

    Raises:
        ArgumentError: there is none; one line.
    """
    leaves = jax.tree_util.tree_leaves_with_path(params)
    found = next((leaf for path, leaf in leaves if _name(path) == name), None)
    if found is None:
        raise ArgumentError(f"frozen: expected a model with the parameters {name}")
    return found


def unit_rows(W: Array) -> Array:
    """Rows of norm 1; a row that is 0 stays so."""
    norms = jnp.linalg.norm(W, axis=-1, keepdims=True)
    return jnp.where(norms > 0, W / jnp.where(norms > 0, norms, 1), W)


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path[-1:], simple=True)


def _in_cone(W: Array, start: Array, least_cosine: Scalar) -> Array:
    """Rows turned towards their start until the cosine with it is large enough."""
    norms = jnp.linalg.norm(W, axis=-1, keepdims=True)
    along = jnp.sum(W * start, axis=-1, keepdims=True)
    across = unit_rows(W - along * start)
    rim = least_cosine * start + jnp.sqrt(1 - jnp.square(least_cosine)) * across
    outside = (along < least_cosine * norms) & jnp.any(start != 0, axis=-1, keepdims=True)
    return jnp.where(outside, norms * unit_rows(rim), W).astype(W.dtype)
