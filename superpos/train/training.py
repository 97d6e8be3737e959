"""One run as two pure functions."""

from collections.abc import Callable
from typing import Literal

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import check_value
from superpos.train.fused import fused_block
from superpos.train.update import updated
from superpos.types import Array, Carry, FitSpec, Key, Model, Probe, Source, Training

Engine = Literal["xla", "pallas"]
"""What runs a block of updates, as it stands in a config."""
STREAM_INIT, STREAM_DATA, STREAM_PROBE, STREAM_NOISE = 0, 1, 2, 3


def training(
    *,
    model: Model,
    source: Source,
    tx: optax.GradientTransformation,
    probe: Probe,
    spec: FitSpec,
    engine: Engine = "xla",
    interpret: bool | None = None,
) -> Training:
    """Put a model, a source, an optimiser and a probe together into one run.

    The key of update t is fold_in(data stream, t), so a run is a function of its key alone. Keep
    everything in the carry of ONE run: a sweep maps the run, so no member can touch another. An
    update that is not finite freezes the run where it was and records the step.

    Args:
        model: what is trained.
        source: where its batches come from.
        tx: an optax transformation; whatever changes the update belongs in it. One that takes extra
            arguments is given the `key` of its noise at each update.
        probe: what is measured after each block.
        spec: length of the run.
        engine: "xla", or "pallas" for a block as one kernel; `superpos.train.fused` says for what.
        interpret: with "pallas", whether to run the kernel as ordinary JAX, slowly; None does where
            the default backend is not a GPU.

    Returns:
        A Training. The metrics of a block are the probe's, plus train_loss (), the mean loss over
        the block's updates (nan from the block in which the run diverged).

    Raises:
        ArgumentError: with "pallas", something out of its scope, in one line; here, or in the first
            trace of `advance`.
    """
    check_value("engine", engine, Engine)
    if engine == "pallas":
        if interpret is None:
            interpret = jax.default_backend() != "gpu"
        block = fused_block(model=model, source=source, tx=tx, spec=spec, interpret=interpret)
    else:
        block = _scanned_block(model, source, tx, spec)

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

    def advance(carry: Carry) -> tuple[Carry, dict[str, Array]]:
        key_data = jax.random.fold_in(carry.key, STREAM_DATA)
        key_probe = jax.random.fold_in(carry.key, STREAM_PROBE)
        carry, loss = block(carry, key_data)
        measured = probe(carry.params, carry.state, jax.random.fold_in(key_probe, carry.step))
        train_loss = jnp.where(carry.diverged_step < 0, loss, jnp.nan)
        return carry, {"train_loss": train_loss, **measured}

    return Training(init, advance, spec)


def _scanned_block(
    model: Model, source: Source, tx: optax.GradientTransformation, spec: FitSpec
) -> Callable[[Carry, Key], tuple[Carry, Array]]:
    """A block of updates as one XLA loop: (carry, key of the data) -> (carry, mean loss)."""
    grad = jax.value_and_grad(model.loss, has_aux=True)
    noisy = isinstance(tx, optax.GradientTransformationExtraArgs)

    def block(carry: Carry, key_data: Key) -> tuple[Carry, Array]:
        key_noise = jax.random.fold_in(carry.key, STREAM_NOISE)

        def body(number: Array, loop: tuple[Carry, Array]) -> tuple[Carry, Array]:
            carry, mean = loop
            key_batch, key_loss = jax.random.split(jax.random.fold_in(key_data, carry.step))
            batch = source.sample(key_batch, spec.batch_size)
            (loss, (state, _)), grads = grad(carry.params, carry.state, batch, key_loss)
            mean += ((loss - mean) / (number + 1)).astype(mean.dtype)
            noise = jax.random.fold_in(key_noise, carry.step) if noisy else None
            return updated(carry, tx=tx, loss=loss, grads=grads, state=state, key=noise), mean

        return jax.lax.fori_loop(0, spec.log_every, body, (carry, jnp.float32(0.0)))

    return block
