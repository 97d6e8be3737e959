"""One run on its own."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun

from superpos.memory import available_bytes, equations, largest, nbytes, out_of_memory_as
from superpos.required import check_key
from superpos.train.evaluating import add_results
from superpos.train.schedule import STEP, Schedule, means_of, schedule_of
from superpos.train.training import training
from superpos.types import (
    EMPTY,
    Array,
    Carry,
    Evaluation,
    FitSpec,
    Key,
    Model,
    Probe,
    Run,
    Source,
    Training,
    Trigger,
)

Metrics = dict[str, Array]
SMALLER = "expected a smaller model or batch_size"


def fit(
    key: Key,
    *,
    model: Model,
    source: Source,
    tx: optax.GradientTransformation,
    spec: FitSpec,
    evaluations: Mapping[str, Evaluation] = EMPTY,
    probe: Probe | Evaluation | None = None,
    on_block: Callable[[int, Metrics], None] | None = None,
) -> Run:
    """Train one model: initialise, then a host loop over compiled blocks.

    Arrays that the model or the source hold are arguments of the compiled program, and no constants
    in it, however large they are.

    Args:
        key: a typed key; the run is a function of it. A member of a sweep with root key k and seed
            s is this run with fold_in(k, s).
        model: what is trained.
        source: where its batches come from.
        tx: an optax transformation.
        spec: length of the run.
        evaluations: what is measured, by name; one with `after` is measured at the end.
        probe: short for one evaluation, which is measured after each `log_every`.
        on_block: called after each block with the updates done and the block's metrics.

    Returns:
        The final parameters and state, and what was measured, stacked over the times that it was;
        an empty dict when there are no blocks.

    Raises:
        TypeError: the key is not a typed key (jax.random.key).
        ArgumentError: an evaluation that is never due, or parts that do not fit; one line.
        MemoryError: the run needs more memory than there is; one line, before anything is compiled
            where its shapes say so.
    """
    check_key(key)
    run = training(
        model=model, source=source, tx=tx, spec=spec, evaluations=evaluations, probe=probe
    )
    schedule = schedule_of(run)
    with out_of_memory_as(f"one run runs out of memory; {SMALLER}"):
        return _fitted(key, run, schedule, on_block)


def _fitted(
    key: Key, run: Training, schedule: Schedule, on_block: Callable[[int, Metrics], None] | None
) -> Run:
    """Train a run to its end, and measure it."""
    carry = _compiled(run.init, key)(key)
    advance = _compiled(run.advance, carry)
    measures = {name: _compiled(each.measure, carry) for name, each in run.measures.items()}
    blocks: list[Metrics] = []
    records: dict[str, list[Metrics]] = {name: [] for name in measures}

    def make_due(step: int) -> None:
        for name, measure in measures.items():
            if _is_due(schedule, name, step, blocks):
                own = {f"{STEP}_{name}": jnp.int32(step)} if _has_own(schedule, name) else {}
                records[name].append({**measure(carry), **own})
                schedule.check_most(name, len(records[name]))

    if schedule.n_blocks:
        make_due(0)
    for number in range(schedule.n_blocks):
        carry, measured = advance(carry)
        blocks.append(measured)
        step = (number + 1) * schedule.block
        make_due(step)
        if on_block is not None:
            on_block(step, measured)
    metrics = _metrics(schedule, blocks, records)
    for name, each in run.measures.items():
        if blocks and not records[name]:
            add_results(metrics, name, _none_of(name, each.measure, carry))
    return Run(
        params=carry.params,
        state=carry.state,
        metrics=metrics | _after(run, carry, schedule),
        diverged_step=carry.diverged_step,
    )


def _compiled(function: Callable[[Any], Any], argument: Any) -> Callable[[Any], Any]:
    """A function that is compiled with all arrays that it closes over as arguments.

    Raises:
        MemoryError: by its shapes alone it needs more than there is; one line.
    """
    closed, shapes = jax.make_jaxpr(function, return_shape=True)(argument)
    made = (var for each in equations(closed.jaxpr, looped=True) for var in each.outvars)
    needed, free = max(nbytes((argument, shapes)), largest(made)), available_bytes()
    if needed > free:
        sizes = f"{needed / 2**30:.3g} GiB, and {free / 2**30:.3g} GiB is free"
        raise MemoryError(f"one run needs at least {sizes}; {SMALLER}")
    structure = jax.tree.structure(shapes)
    constants = closed.consts

    @jax.jit
    def call(constants: list[Any], argument: Any) -> Any:
        run = jaxpr_as_fun(ClosedJaxpr(closed.jaxpr, constants))
        return jax.tree.unflatten(structure, run(*jax.tree.leaves(argument)))

    return lambda argument: call(constants, argument)


def _has_own(schedule: Schedule, name: str) -> bool:
    """Whether a measure has times of its own."""
    return schedule.dim(name) != STEP


def _is_due(schedule: Schedule, name: str, step: int, blocks: list[Metrics]) -> bool:
    every, due = schedule.measures[name].every, schedule.is_due(name, step)
    if due or not blocks or not isinstance(every, Trigger) or step % every.block:
        return due
    n_each = every.block // schedule.block
    so_far = {
        each: means_of(np.stack([block[each] for block in blocks]), n_each) for each in blocks[-1]
    }
    return bool(every.due(step, so_far))


def _metrics(
    schedule: Schedule, blocks: list[Metrics], records: Mapping[str, list[Metrics]]
) -> Metrics:
    """What was measured, stacked; the metrics of blocks as means over log_every."""
    n_each = schedule.spec.log_every // schedule.block
    stacked = _stacked(blocks)
    stacked = {name: means_of(values, n_each) for name, values in stacked.items()}
    for name, found in records.items():
        add_results(stacked, name, _stacked(found))
    return stacked


def _none_of(name: str, measure: Callable[[Carry], Metrics], carry: Carry) -> Metrics:
    """What a Trigger leaves that was never due."""
    shapes = {f"{STEP}_{name}": jnp.int32(0), **jax.eval_shape(measure, carry)}
    return {each: jnp.zeros((0, *of.shape), of.dtype) for each, of in shapes.items()}


def _stacked(blocks: list[Metrics]) -> Metrics:
    return jax.tree.map(lambda *values: jnp.stack(values), *blocks) if blocks else {}


def _after(run: Training, carry: Carry, schedule: Schedule) -> Metrics:
    measured: Metrics = {}
    for measure in run.after.values() if schedule.n_blocks else ():
        measured |= _compiled(measure, carry)(carry)
    return measured
