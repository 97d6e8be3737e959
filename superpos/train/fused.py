"""A block of updates in one kernel (Pallas), with a run in registers.

XLA launches several kernels for each update and takes each intermediate result through memory.
Here one program of one kernel is one run: parameters and optimiser state are scalars that the loop
over updates carries, a batch is one vector per feature, and nothing but the first and the last
state is read or written.

Checked in interpret mode on a CPU against the program of XLA, and as compiled on an H200 with JAX
0.11.2, where at 5→2 with 1,024 examples an update takes 7 µs for 10 models and 35 µs for 1,000, and
the program of XLA of that day 26 and 83 (experiments/bench/RESULTS-GPU.md). It is off by default:
last bits differ, and JAX from 0.11 on says that it will remove Pallas for Triton.

Its successor, Mosaic GPU, does not take the kernel as it is. Tried without a device, with JAX
0.10.2: it does not lower the grid that `vmap` makes, nor add_any, is_finite, pow, sqrt and
custom_jvp_call, and copies no array of less than 128 bytes. With these written in other ways, no
grid, and arrays read in place, the kernel lowers under LoweringSemantics.Warpgroup; whether it is
right and fast would show only on a device. Meanwhile the program of XLA has 12 to 14 kernels for an
update at 5→2, where this has one for a block of them, and with 1,000 models moves a quarter of the
bytes of that day (experiments/bench/RESULTS-KERNELS.md). Its time on a device will tell whether
this is worth a port.

A loss and a source are written once more for it, in scalars and vectors. It cannot read them from
what JAX traces of the first: that has arrays of features, and products, sums, broadcasts, keys and
loops over them, for which an interpreter would be longer than what it replaces.

Scope, refused in one line where it does not hold: the source has `sample_columns`; the model has
`loss_columns` and no state; keys are of generator threefry13; the batch is a power of two, as
Triton has no other vectors; the optimiser treats each parameter alone; what is closed over, such as
a swept value, is a scalar. The kernel is unrolled over features, so it is for a handful of them: at
20→5 it takes 35 s to compile and 7 times as long as the program of XLA.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun

from superpos.arguments import ArgumentError
from superpos.random import THREEFRY13, threefry
from superpos.train.elementwise import is_elementwise
from superpos.train.scalars import places_of, scalars_of, shapes_of_scalars
from superpos.train.update import updated
from superpos.types import Array, Carry, FitSpec, Key, Model, Source

Update = Callable[[Carry, Array], tuple[Carry, Array]]
N_WARPS = 4
"""Warps that share one run; Triton's own default.

Microseconds of an update at 5→2 on an H200, for 10 models and for 1,000: 46 and 118 with one warp,
14.5 and 30 with two, 7.0 and 36 with four, 6.0 and 47 with eight, 8.9 and 71 with sixteen.
"""


def fused_block(
    *,
    model: Model,
    source: Source,
    tx: optax.GradientTransformation,
    spec: FitSpec,
    interpret: bool | None,
) -> Callable[[Carry, Key], tuple[Carry, Array]]:
    """A block of `spec.log_every` updates of one run as one kernel; `vmap` makes a grid of it.

    Args:
        model: what is trained, with `columns`.
        source: where its batches come from, with `columns`.
        tx: an optax transformation that treats each parameter alone, such as adam.
        spec: length of the run; the batch is a power of two.
        interpret: run the kernel as ordinary JAX, on any device, slowly; None does not, and asks
            for a GPU.

    Returns:
        (carry, key of the data) -> (carry, mean loss ()), the numbers of the program of XLA but
        for the order of sums.

    Raises:
        ArgumentError: something is out of scope, when called or when the block is traced.
    """
    if model.loss_columns is None or source.sample_columns is None:
        part = "data" if source.sample_columns is None else "model"
        raise ArgumentError(f"engine.kernel=pallas: expected xla, as this {part} gives none")
    if spec.batch_size & (spec.batch_size - 1):
        raise ArgumentError(
            f"engine.kernel=pallas: expected fit.batch_size a power of two, not {spec.batch_size}"
        )
    if spec.updates_per_draw > 1:
        raise ArgumentError(
            f"engine.kernel=pallas: expected fit.updates_per_draw=1, not {spec.updates_per_draw}"
        )
    update = _update(model.loss_columns, source.sample_columns, tx, spec.batch_size)

    def block(carry: Carry, key_data: Key) -> tuple[Carry, Array]:
        _check_run(carry, tx)
        if interpret is None and jax.default_backend() != "gpu":
            raise ArgumentError("engine.kernel=pallas: expected xla, as there is no GPU")
        start = dataclasses.replace(carry, key=jax.random.key_data(key_data))
        end, loss = _call(update, start, spec.log_every, bool(interpret))
        # The step is the same for all runs of a sweep, so it is counted outside of the kernel.
        step = carry.step + spec.log_every
        return dataclasses.replace(end, step=step, key=carry.key), loss

    return block


def _update(
    loss_of: Callable[..., Array],
    columns: Callable[..., tuple[list[Array], list[Array]]],
    tx: optax.GradientTransformation,
    batch_size: int,
) -> Update:
    """One update of a block: (carry, its number in the block) -> (carry, loss).

    The arrays of the carry are scalars, its key is the two words of the data's, and its step stays
    that of the start of the block. For Triton takes a first step that is counted up for the index
    of the loop, and then knows no other use of it.
    """

    def update(carry: Carry, number: Array) -> tuple[Carry, Array]:
        first = carry.step
        carry = dataclasses.replace(carry, step=first + number)
        step = carry.step.astype(jnp.uint32)
        key = threefry.blocks(carry.key, threefry.FOLD_IN, step, threefry.KEY_ROUNDS)
        # Of the two keys that the program of XLA splits off, the first is that of the batch.
        batch = threefry.blocks(key, threefry.SPLIT, np.uint32(0), threefry.KEY_ROUNDS)
        inputs, targets = columns(batch, batch_size)
        loss, grads = jax.value_and_grad(loss_of)(carry.params, inputs, targets)
        new = updated(carry, tx=tx, loss=loss, grads=grads, state=carry.state)
        return dataclasses.replace(new, step=first), loss

    return update


def _call(update: Update, start: Carry, n_steps: int, interpret: bool) -> tuple[Carry, Array]:
    """Run `n_steps` updates in a kernel.

    A kernel must not close over arrays, and the factories close over swept values. The trace of
    one update tells which these are, and they become inputs of the kernel.
    """
    traced = jax.make_jaxpr(update)(shapes_of_scalars(start), jax.ShapeDtypeStruct((), jnp.int32))
    _check_constants(traced.consts)
    arrays, structure = jax.tree.flatten(start)
    n_constants = len(traced.consts)

    def kernel(*refs: Any) -> None:
        constants = [ref[...] for ref in refs[:n_constants]]
        run = jaxpr_as_fun(ClosedJaxpr(traced.jaxpr, constants))
        ins = refs[n_constants : n_constants + len(arrays)]
        *outs, loss_out = refs[n_constants + len(arrays) :]

        def body(number: Array, loop: list[Array]) -> list[Array]:
            *scalars, total = loop
            *scalars, loss = run(*scalars, number)
            return [*scalars, total + loss]

        first = [*jax.tree.leaves(scalars_of(list(ins))), jnp.float32(0.0)]
        *last, total = jax.lax.fori_loop(0, n_steps, body, first)
        loss_out[...] = total / n_steps
        places = [(out, place) for out in outs for place in places_of(out)]
        for (out, place), scalar in zip(places, last, strict=True):
            out[place] = scalar

    shapes = [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in arrays]
    *ends, loss = pl.pallas_call(
        kernel,
        out_shape=[*shapes, jax.ShapeDtypeStruct((), jnp.float32)],
        interpret=interpret,
        compiler_params=triton.CompilerParams(num_warps=N_WARPS),
        name="superpos_fused_block",
    )(*traced.consts, *arrays)
    return jax.tree.unflatten(structure, ends), loss


def _check_run(carry: Carry, tx: optax.GradientTransformation) -> None:
    """Refuse what shows only in the first carry."""
    rng = jax.random.key_impl(carry.key)
    if rng != THREEFRY13:
        raise ArgumentError(f"engine.kernel=pallas: expected engine.rng=threefry13, not {rng}")
    if jax.tree.leaves(carry.state):
        raise ArgumentError("engine.kernel=pallas: expected a model without state")
    if not is_elementwise(tx, carry.params, carry.opt_state):
        raise ArgumentError(
            "engine.kernel=pallas: expected an optimiser that treats each parameter alone"
        )


def _check_constants(constants: list[Any]) -> None:
    for constant in constants:
        if jnp.shape(constant):
            raise ArgumentError(
                "engine.kernel=pallas: expected scalars in model, data and optimiser, not an array"
                f" of shape {jnp.shape(constant)}"
            )
