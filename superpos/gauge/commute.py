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


def descend(
    tx: optax.GradientTransformation,
    gradient: Gradient,
    label: Callable[[Params], Array],
    params: Params,
    n_steps: int,
) -> tuple[Params, Array]:
    """Follow an optimiser and label where it is.

    Args:
        tx: the optimiser.
        gradient: of the loss on the data of an update.
        label: params -> array.
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


def commutes(
    tx: optax.GradientTransformation,
    gradient: Gradient,
    group: Group,
    label: Callable[[Params], Array],
    params: Params,
    key: Key,
    *,
    n_steps: int = 200,
    n_elements: int = 8,
) -> Array:
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
        entry of the label of the start, after each update, (n_steps,). Of the size of rounding
        where the optimiser commutes with the group; then the label can be evolved by itself.
    """
    keys = jax.random.split(key, n_elements)
    _, expected = descend(tx, gradient, label, params, n_steps)

    def apart(key: Key) -> Array:
        start = group.act(group.sample(key, params), params)
        _, labels = descend(tx, gradient, label, start, n_steps)
        return jnp.abs(labels - expected).reshape(n_steps, -1).max(axis=1)

    return jax.lax.map(apart, keys).max(axis=0) / jnp.abs(label(params)).max()
