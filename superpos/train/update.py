"""One update of a run, given its gradient: the rule that every kernel keeps to."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import ArgumentError
from superpos.types import Array, Carry, Key, Params, State


def updated(
    carry: Carry,
    *,
    tx: optax.GradientTransformation,
    loss: Array,
    grads: Params,
    state: State,
    key: Key | None = None,
) -> Carry:
    """The carry after one update; one that is not finite freezes the run where it was.

    Args:
        carry: the run before the update.
        tx: the optimiser.
        loss: the loss of the batch, ().
        grads: its gradient, a tree like the parameters.
        state: the model's state after the batch.
        key: of the optimiser's own noise; None where it takes no extra arguments, of which the
            `model_state` is another.

    Returns:
        The carry one step later.

    Raises:
        ArgumentError: the model has dead latents to start anew, and the optimiser starts none.
    """
    if key is None and getattr(state, "resampling", ()) != ():
        raise ArgumentError(
            "resample_every=none: expected a number, for a model with saes.resample"
        )
    extra = {} if key is None else {"key": key, "model_state": state}
    updates, opt_state = tx.update(grads, carry.opt_state, carry.params, **extra)
    params = optax.apply_updates(carry.params, updates)
    new = dataclasses.replace(
        carry, step=carry.step + 1, params=params, state=state, opt_state=opt_state
    )
    return _freeze_unless_finite(carry, new, loss)


def _freeze_unless_finite(old: Carry, new: Carry, loss: Array) -> Carry:
    """The new carry; or the old one, but for its step, when anything in the new is not finite."""
    leaves = jax.tree.leaves((new.params, new.state, new.opt_state, loss))
    inexact = [leaf for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.inexact)]
    finite = _all_finite(inexact)
    running = (old.diverged_step < 0) & finite
    keep = _keeper(running)
    return dataclasses.replace(
        new,
        params=keep(new.params, old.params),
        state=keep(new.state, old.state),
        opt_state=keep(new.opt_state, old.opt_state),
        diverged_step=jnp.where((old.diverged_step < 0) & ~finite, new.step, old.diverged_step),
    )


def _all_finite(leaves: Sequence[Array]) -> Array:
    if all(leaf.ndim == 0 for leaf in leaves):
        # In a kernel there is nothing to reduce, nor a way to.
        return functools.reduce(jnp.logical_and, map(jnp.isfinite, leaves))
    return jax.lax.platform_dependent(*leaves, cpu=_each_finite, default=_together_finite)


def _each_finite(*leaves: Array) -> Array:
    return functools.reduce(jnp.logical_and, [jnp.all(jnp.isfinite(leaf)) for leaf in leaves])


def _together_finite(*leaves: Array) -> Array:
    """The same in one kernel, where a leaf would take one or two of its own."""
    return jnp.all(jnp.isfinite(jnp.concatenate([leaf.ravel() for leaf in leaves])))


def _keeper(condition: Array) -> Callable[[Any, Any], Any]:
    return lambda new, old: jax.tree.map(lambda n, o: jnp.where(condition, n, o), new, old)
