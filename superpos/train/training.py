"""One run as two pure functions."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from superpos.types import Array, Carry, FitSpec, Key, Model, Probe, Source, Training

STREAM_INIT, STREAM_DATA, STREAM_PROBE = 0, 1, 2


def training(
    *,
    model: Model,
    source: Source,
    tx: optax.GradientTransformation,
    probe: Probe,
    spec: FitSpec,
) -> Training:
    """Put a model, a source, an optimiser and a probe together into one run.

    The key of update t is fold_in(data stream, t), so a run is a function of its key alone. Keep
    everything in the carry of ONE run: a sweep maps the run, so no member can touch another. An
    update that is not finite freezes the run where it was and records the step.

    Args:
        model: what is trained.
        source: where its batches come from.
        tx: an optax transformation; whatever changes the update belongs in it.
        probe: what is measured after each block.
        spec: length of the run.

    Returns:
        A Training. The metrics of a block are the probe's, plus train_loss (), the mean loss over
        the block's updates (nan from the block in which the run diverged).
    """

    def init(key: Key) -> Carry:
        params, state = model.init(jax.random.fold_in(key, STREAM_INIT))
        return Carry(
            step=jnp.int32(0),
            key=key,
            params=params,
            state=state,
            opt_state=tx.init(params),
            diverged_step=jnp.int32(-1),
        )

    def update(carry: Carry, key: Key) -> tuple[Carry, Array]:
        key_batch, key_loss = jax.random.split(key)
        batch = source.sample(key_batch, spec.batch_size)
        grad = jax.value_and_grad(model.loss, has_aux=True)
        (loss, (state, _)), grads = grad(carry.params, carry.state, batch, key_loss)
        updates, opt_state = tx.update(grads, carry.opt_state, carry.params)
        params = optax.apply_updates(carry.params, updates)
        new = dataclasses.replace(
            carry, step=carry.step + 1, params=params, state=state, opt_state=opt_state
        )
        return _freeze_unless_finite(carry, new, loss), loss

    def advance(carry: Carry) -> tuple[Carry, dict[str, Array]]:
        key_data = jax.random.fold_in(carry.key, STREAM_DATA)
        key_probe = jax.random.fold_in(carry.key, STREAM_PROBE)

        def body(carry: Carry, _: None) -> tuple[Carry, Array]:
            return update(carry, jax.random.fold_in(key_data, carry.step))

        carry, losses = jax.lax.scan(body, carry, None, length=spec.log_every)
        measured = probe(carry.params, carry.state, jax.random.fold_in(key_probe, carry.step))
        train_loss = jnp.where(carry.diverged_step < 0, losses.mean(), jnp.nan)
        return carry, {"train_loss": train_loss, **measured}

    return Training(init, advance, spec)


def _freeze_unless_finite(old: Carry, new: Carry, loss: Array) -> Carry:
    """The new carry; or the old one, but for its step, when anything in the new is not finite."""
    leaves = jax.tree.leaves((new.params, new.state, new.opt_state, loss))
    finite = jnp.all(jnp.stack([_all_finite(leaf) for leaf in leaves]))
    running = (old.diverged_step < 0) & finite
    keep = _keeper(running)
    return dataclasses.replace(
        new,
        params=keep(new.params, old.params),
        state=keep(new.state, old.state),
        opt_state=keep(new.opt_state, old.opt_state),
        diverged_step=jnp.where((old.diverged_step < 0) & ~finite, new.step, old.diverged_step),
    )


def _all_finite(leaf: Array) -> Array:
    inexact = jnp.issubdtype(leaf.dtype, jnp.inexact)
    return jnp.all(jnp.isfinite(leaf)) if inexact else jnp.bool_(True)


def _keeper(condition: Array) -> Callable[[Any, Any], Any]:
    return lambda new, old: jax.tree.map(lambda n, o: jnp.where(condition, n, o), new, old)
