"""Whether an optimiser keeps to a symmetry: it does where equivalent starts stay equivalent.

A label map has a dynamics of its own under an update U exactly where U takes classes into classes,
label(U(g θ)) = label(U(θ)) for every element g. So the check is one of the update, not of a
configuration.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from superpos.gauge.groups import Group
from superpos.types import Array, Key, Params

Gradient = Callable[[Params, Array], Params]
"""(params, number of the update, int32 ()) -> gradient; the same data for every start."""
Label = Callable[[Params], Any]
"""params -> an array, or a pytree of arrays: several labels that are followed together."""


def descend(
    tx: optax.GradientTransformation,
    gradient: Gradient,
    label: Label,
    params: Params,
    n_steps: int,
) -> tuple[Params, Any]:
    """Follow an optimiser and label where it is.

    Args:
        tx: the optimiser.
        gradient: of the loss on the data of an update.
        label: of parameters.
        params: the start.
        n_steps: updates, static.

    Returns:
        The end, and the label after each update, (n_steps, ...).
    """

    def step(carry: tuple[Params, Any], number: Array) -> tuple[tuple[Params, Any], Array]:
        params, state = carry
        updates, state = tx.update(gradient(params, number), state, params)
        params = optax.apply_updates(params, updates)
        return (params, state), label(params)

    (end, _), labels = jax.lax.scan(step, (params, tx.init(params)), jnp.arange(n_steps))
    return end, labels


def departures(
    tx: optax.GradientTransformation,
    gradient: Gradient,
    label: Label,
    params: Params,
    starts: Params,
    *,
    n_steps: int,
) -> Any:
    """How far the label of each of several starts comes from that of one, under an optimiser.

    Args:
        tx: the optimiser, from its initial state.
        gradient: of the loss on the data of an update.
        label: of parameters.
        params: the one start.
        starts: the others, each array with a leading axis, (n_starts, ...).
        n_steps: updates, >= 1, static.

    Returns:
        For each array of the label the largest difference of its entries, relative to its largest
        entry at `params`, after each update, (n_starts, n_steps).
    """
    every = jax.tree.map(lambda one, more: jnp.concatenate([one[None], more]), params, starts)
    _, labels = jax.vmap(lambda start: descend(tx, gradient, label, start, n_steps))(every)

    def apart(found: Array, at_start: Array) -> Array:
        gaps = jnp.abs(found[1:] - found[:1]).reshape(*found[1:].shape[:2], -1)
        return gaps.max(axis=-1) / jnp.abs(at_start).max()

    return jax.tree.map(apart, labels, label(params))


def commutes(
    tx: optax.GradientTransformation,
    gradient: Gradient,
    group: Group,
    label: Label,
    params: Params,
    key: Key,
    *,
    n_steps: int = 200,
    n_elements: int = 8,
) -> Any:
    """How far starts that are equivalent come apart under an optimiser.

    Args:
        tx: the optimiser, from its initial state.
        gradient: of a loss that the group leaves as it is.
        group: moves the start.
        label: an invariant of the group.
        params: the start.
        key: for the elements.
        n_steps: updates, >= 1, static.
        n_elements: elements of the group that are tried, >= 1, static.

    Returns:
        Largest difference of the labels of the two ways over all elements, relative to the largest
        entry of the label of the start, after each update, (n_steps,); for a label of several
        arrays one for each. Of the size of rounding where the optimiser commutes with the group;
        then the label can be evolved by itself.
    """
    starts = sample_orbit(group, params, key, n_elements)
    apart = departures(tx, gradient, label, params, starts, n_steps=n_steps)
    return jax.tree.map(lambda each: each.max(axis=0), apart)


def sample_orbit(group: Group, params: Params, key: Key, n_elements: int) -> Params:
    """Random points of the orbit of parameters under a group: arrays (n_elements, ...)."""
    keys = jax.random.split(key, n_elements)
    return jax.vmap(lambda one: group.act(group.sample(one, params), params))(keys)
