"""One run as pure functions."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, NoReturn

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import ArgumentError, factory
from superpos.required import check_batch, check_fit, check_key
from superpos.train.evaluating import add_results, arrays_of, measure_of, named_evaluations
from superpos.train.fused import fused_block
from superpos.train.schedule import block_of, every_of
from superpos.train.update import updated
from superpos.types import (
    EMPTY,
    Array,
    Batch,
    Carry,
    Evaluation,
    FitSpec,
    Key,
    Measure,
    Model,
    Params,
    Probe,
    Source,
    Training,
)

Kernel = Literal["xla", "pallas"]
"""What runs a block of updates, as it stands in a config."""
STREAM_INIT, STREAM_DATA, STREAM_NOISE, STREAM_SOURCE = 0, 1, 3, 4  # 2 is of evaluations
Means = dict[str, Array]
Block = Callable[[Carry, Key], tuple[Carry, dict[str, Array]]]
"""(carry, key of the data) -> (carry, means over the block of the loss and of what it measures)."""


@factory
def training(
    *,
    model: Model,
    source: Source,
    tx: optax.GradientTransformation,
    spec: FitSpec,
    evaluations: Mapping[str, Evaluation] = EMPTY,
    probe: Probe | Evaluation | None = None,
    kernel: Kernel = "xla",
    interpret: bool | None = None,
) -> Training:
    """Put a model, a source, an optimiser and evaluations together into one run.

    The key of update t is fold_in(data stream, t), so a run is a function of its key alone. Keep
    everything in the carry of ONE run: a sweep maps the run, so no member can touch another. Only a
    source with a `stream` is drawn from with a key of its own, the same for all members. An update
    that is not finite freezes the run where it was and records the step.

    Args:
        model: what is trained.
        source: where its batches come from.
        tx: an optax transformation; whatever changes the update belongs in it. One that takes extra
            arguments is given the `key` of its noise and the `model_state` after the batch.
        spec: length of the run.
        evaluations: what is measured, by name.
        probe: short for one evaluation, which is measured after each `log_every`.
        kernel: "xla", or "pallas" for a block as one kernel; `superpos.train.fused` says for what.
        interpret: with "pallas", whether to run the kernel as ordinary JAX, slowly, on any device;
            None does not, and is refused where the default backend is not a GPU.

    Returns:
        A Training. The metrics of a block are those of the evaluations that are due after each, and
        train_loss () and what the loss measures besides, means over the block's updates (nan from
        the block in which the run diverged).

    Raises:
        ArgumentError: a part of another type, an evaluation that is never due, a source or a model
            that do not fit, or, with "pallas", something out of its scope or no GPU; in one line;
            here, or in the first trace.
    """
    evaluations = named_evaluations(evaluations, probe)
    check_fit(source, model)
    block = block_of(spec, evaluations)
    measures = {
        name: Measure(measure_of(name, each), every_of(each, spec), each.at_end, each.at_start)
        for name, each in evaluations.items()
        if not each.after
    }
    each_block = {name: each for name, each in measures.items() if _in_block(each, block, spec)}
    run = (
        _fused(model, source, tx, spec, block, interpret)
        if kernel == "pallas"
        else _scanned_block(model, source, tx, spec, block)
    )

    def init(key: Key) -> Carry:
        check_key(key)
        params, state = model.init(jax.random.fold_in(key, STREAM_INIT))
        return Carry(
            step=jnp.int32(0),
            key=key,
            params=params,
            state=state,
            opt_state=tx.init(params),
            source=source.init(jax.random.fold_in(_key_of(source, key), STREAM_SOURCE)),
            diverged_step=jnp.int32(-1),
        )

    def advance(carry: Carry) -> tuple[Carry, dict[str, Array]]:
        carry, means = run(carry, jax.random.fold_in(carry.key, STREAM_DATA))
        running = carry.diverged_step < 0
        results = {name: jnp.where(running, mean, jnp.nan) for name, mean in means.items()}
        for name, each in each_block.items():
            add_results(results, name, each.measure(carry))
        return carry, results

    return Training(
        init,
        advance,
        spec,
        block=block,
        measures={name: each for name, each in measures.items() if name not in each_block},
        after={name: measure_of(name, each) for name, each in evaluations.items() if each.after},
        dims={k: v for each in (model, *evaluations.values()) for k, v in each.dims.items()},
        stream=source.stream is not None,
        logged={name: each.measure for name, each in each_block.items()},
    )


def _in_block(measure: Measure, block: int, spec: FitSpec) -> bool:
    """Whether something is measured after each block and at no other time."""
    return measure.every == block == spec.log_every and not measure.at_start


class _Unread(NamedTuple):
    """(), in place of the parameters, for a source whose draws all members share."""

    def __getattr__(self, name: Any) -> NoReturn:
        """Refuse to read what differs between members."""
        raise ArgumentError(
            "data: a stream that all members share, expected a source that does not read parameters"
        )

    __getitem__ = __getattr__


def _key_of(source: Source, key: Key) -> Key:
    """The key of the member; or that of the stream that all members share."""
    if source.stream is None:
        return key
    return jax.random.key(source.stream, impl=jax.random.key_impl(key))


def _fused(
    model: Model,
    source: Source,
    tx: optax.GradientTransformation,
    spec: FitSpec,
    block: int,
    interpret: bool | None,
) -> Block:
    spec = dataclasses.replace(spec, log_every=block)
    fused = fused_block(model=model, source=source, tx=tx, spec=spec, interpret=interpret)

    def run(carry: Carry, key_data: Key) -> tuple[Carry, dict[str, Array]]:
        carry, loss = fused(carry, key_data)
        return carry, {"train_loss": loss}

    return run


def _scanned_block(
    model: Model, source: Source, tx: optax.GradientTransformation, spec: FitSpec, n_updates: int
) -> Block:
    """A block of updates as one XLA loop."""
    grad = jax.value_and_grad(model.loss, has_aux=True)
    noisy = isinstance(tx, optax.GradientTransformationExtraArgs)
    n_each = spec.updates_per_draw

    def draw(carry: Carry, key: Key) -> tuple[Carry, Batch]:
        params, key = _read_by(source, carry, key)
        batch, state = source.sample(params, carry.source, key, spec.batch_size)
        check_batch(batch, model, spec.batch_size)
        return dataclasses.replace(carry, source=state), batch

    def update(carry: Carry, batch: Batch, key: Key) -> tuple[Carry, dict[str, Array]]:
        (loss, (state, measured)), grads = grad(carry.params, carry.state, batch, key)
        key_noise = jax.random.fold_in(carry.key, STREAM_NOISE)
        noise = jax.random.fold_in(key_noise, carry.step) if noisy else None
        new = updated(carry, tx=tx, loss=loss, grads=grads, state=state, key=noise)
        values = {"train_loss": loss}
        add_results(values, "loss", arrays_of("model.loss", measured))
        return new, values

    def means_of(carry: Carry, key: Key) -> dict[str, Array]:
        """What an update measures, as zeros."""

        def measured(carry: Carry, key: Key) -> dict[str, Array]:
            key_batch, key_loss = jax.random.split(key)
            _, batch = draw(carry, key_batch)
            _, (_, found) = model.loss(carry.params, carry.state, batch, key_loss)
            return {"train_loss": jnp.float32(0), **arrays_of("model.loss", found)}

        shapes = jax.eval_shape(measured, carry, key)
        return {name: jnp.zeros(leaf.shape, jnp.float32) for name, leaf in shapes.items()}

    def block(carry: Carry, key_data: Key) -> tuple[Carry, dict[str, Array]]:
        def derived(step: Array) -> Key:
            return jax.random.split(jax.random.fold_in(key_data, step))

        # So that they take no more room than a batch.
        ahead = n_updates <= spec.batch_size
        keys_at = _ahead_of_loop(derived, carry.step, n_updates) if ahead else derived

        def body(number: Array, loop: tuple[Carry, Means]) -> tuple[Carry, Means]:
            key_batch, key_loss = keys_at(loop[0].step)
            carry, batch = draw(loop[0], key_batch)

            def once(again: Array | int, loop: tuple[Carry, Means]) -> tuple[Carry, Means]:
                carry, means = loop
                key = key_loss if n_each == 1 else keys_at(carry.step)[1]
                carry, values = update(carry, batch, key)
                count = number * n_each + again + 1
                return carry, {name: _add(means[name], values[name], count) for name in means}

            loop = carry, loop[1]
            return once(0, loop) if n_each == 1 else jax.lax.fori_loop(0, n_each, once, loop)

        return jax.lax.fori_loop(0, n_updates // n_each, body, (carry, means_of(carry, key_data)))

    return block


def _read_by(source: Source, carry: Carry, key: Key) -> tuple[Params | _Unread, Key]:
    """The parameters and the key that a source draws by: of a stream, none and that of the step."""
    if source.stream is None:
        return carry.params, key
    stream = jax.random.fold_in(_key_of(source, carry.key), STREAM_DATA)
    return _Unread(), jax.random.fold_in(stream, carry.step)


def _ahead_of_loop(keys_at: Callable[[Array], Key], first: Array, n: int) -> Callable[[Array], Key]:
    """The keys at a step, for the n steps from `first` on; a GPU computes all of them at once.

    In the loop they would take two kernels more in every update. A CPU has no such cost.
    """
    keys = jax.vmap(keys_at)(first + jnp.arange(n))
    words, rng = jax.random.key_data(keys), jax.random.key_impl(keys)

    def kept(step: Array) -> Key:
        return jax.random.wrap_key_data(words[step - first], impl=rng)

    return lambda step: jax.lax.platform_dependent(step, cpu=keys_at, default=kept)


def _add(mean: Array, value: Array, count: Array) -> Array:
    """A mean after one more value, in its own precision."""
    return mean + ((value - mean) / count).astype(mean.dtype)
