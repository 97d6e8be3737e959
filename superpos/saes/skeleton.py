"""What all sparse autoencoders share: from an architecture, which is a forward pass, to a Model.

Around the pass stand the frame of the inputs, the latents that are in use, the penalty on the code
and its tuner, the latents that are dead, and what is measured.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import chex
import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, shown, within
from superpos.metrics import feature_norms
from superpos.models.inits import model_init
from superpos.saes.dead import Dead, Resampling, badly_reconstructed
from superpos.saes.inits import saelens
from superpos.saes.parameters import fired
from superpos.saes.parts import (
    Architecture,
    Around,
    Pass,
    SaeState,
    first_state,
    frame_at,
    next_state,
)
from superpos.saes.sparsity import Latents
from superpos.saes.tuner import TunerState
from superpos.types import EMPTY, Array, Batch, Key, Model, Output, Params, Scalar, vectors

REACHED = 0.05
"""The part by which L0 may be off from what was asked for."""


def sparse_autoencoder(
    architecture: Architecture, around: Around, *, d_in: int, d_code: int
) -> Model:
    """A Model that reconstructs its inputs from a sparse code.

    Its loss is the squared error of inputs in their frame, summed over d_in, with what the parts
    add, averaged over the batch, float32 (). Targets of a batch are not read. It measures `l0`,
    `mse` (that error), `explained_variance`, `dead` (the part of latents in use that did not fire
    in more than the window of `dead`, 1000 updates without it), each term of the loss, and where an
    L0 is asked for `l0_reached`, 1 where it is within 5 %, else 0; of a block of updates, in which
    part of them it was. It has `apply_batch` where an architecture decides otherwise in training
    than outside it, and the `width` that is in use.

    Args:
        architecture: the forward pass.
        around: what stands around it.
        d_in: inputs, >= 1.
        d_code: latents, >= 1.

    Raises:
        ArgumentError: parts do not fit, or more latents are asked for than there are; one line.
    """
    width, asked = around.width, _checked(architecture, around, d_code)
    start = model_init(around.init or saelens(), architecture.zeros)

    def used() -> Array:
        n_used = jnp.int32(d_code) if width is None else jnp.asarray(width).astype(jnp.int32)
        return jnp.arange(d_code)[None] < n_used

    def init(key: Key) -> tuple[Params, SaeState]:
        params, _ = start(key)
        return params, first_state(architecture, around, d_in, d_code)

    def apply_batch(params: Params, state: SaeState, x: Array) -> Output:
        chex.assert_shape(x, (None, d_in))
        return _in_frame(lambda x: architecture.forward(params, x, used()), state, x)

    def apply(params: Params, state: SaeState, x: Array) -> Output:
        chex.assert_shape(x, (d_in,))
        infer = architecture.infer
        if infer is None:
            found = apply_batch(params, state, x[None])
        else:
            found = _in_frame(lambda x: infer(params, state.threshold, x, used()), state, x[None])
        return Output(code=found.code[0], recon=found.recon[0])

    def loss(
        params: Params, state: SaeState, batch: Batch, key: Key
    ) -> tuple[Array, tuple[SaeState, dict[str, Array]]]:
        chex.assert_shape(batch.inputs, (None, d_in))
        frame = frame_at(state, batch.inputs, around)
        x = batch.inputs if frame == () else frame.enter(batch.inputs)
        latents = used()
        found = architecture.forward(params, x, latents)
        terms = {"mse": jnp.sum(jnp.square(x - found.recon), axis=-1).mean()}
        silent = _silent(around.dead, state, found) & latents[0]
        terms |= _penalty(architecture, around, state, params, found)
        terms |= _revival(around.dead, architecture.decoder(params), x, found, silent)
        terms |= architecture.terms(params, x, found)
        l0 = jnp.sum(found.code != 0, axis=-1, dtype=x.dtype).mean()
        new = next_state(architecture, around, state, frame, found, l0)
        if isinstance(state.resampling, Resampling):
            examples = badly_reconstructed(x, found.recon, d_code, key)
            again = _again(state.resampling, silent, latents[0], examples)
            new = dataclasses.replace(new, resampling=again)
        measured = {
            **terms,
            "l0": l0,
            "dead": silent.sum() / latents.sum(),
            "explained_variance": _explained(x, found.recon),
            **_reached(asked, l0, new.tuner),
        }
        total = sum(terms.values(), (architecture.weight - 1) * terms["mse"])
        return total, (new, measured)

    model = Model(init, apply, loss, takes=vectors(d_in), dims=architecture.dims, width=width)
    return model if architecture.infer is None else model._replace(apply_batch=apply_batch)


def _in_frame(forward: Callable[[Array], Pass], state: SaeState, x: Array) -> Output:
    """A batch through a pass that reads inputs in their frame, (batch, ...)."""
    framed = state.frame != ()
    found = forward(state.frame.enter(x) if framed else x)
    recon = state.frame.leave(found.recon) if framed else found.recon
    return Output(code=found.code, recon=recon)


def _checked(architecture: Architecture, around: Around, d_code: int) -> Scalar | None:
    """The L0 that is trained for, as one of the parts asks; of k a fraction is dropped as there.

    Raises:
        ArgumentError: parts do not fit, or more latents are asked for than there are; one line.
    """
    if around.width is not None:
        within(around.width, "width", d_code, f"d_code={d_code}")
    if around.tuner is not None and around.sparsity is None:
        raise ArgumentError("tuner: expected a model with a penalty, sparsity")
    asked = _asked(architecture, around)
    most = d_code if around.width is None else around.width
    for name, value in asked.items():
        within(value, name, most, f"the {shown(most)} latents in use")
    each_alone = architecture.infer is None
    return next((jnp.floor(v) if n == "k" and each_alone else v for n, v in asked.items()), None)


def _silent(dead: Dead | None, state: SaeState, found: Pass) -> Array:
    """Which latents have not fired in more updates than the window, (d_code,)."""
    silent = state.silent > (1000 if dead is None else dead.window)
    spares = dead is not None and dead.spares_fired
    return silent & ~fired(found.code) if spares else silent


def _again(old: Resampling, dead: Array, used: Array, examples: Array) -> Resampling:
    """What an optimiser needs after a batch."""
    examples = jax.lax.stop_gradient(examples.astype(old.examples.dtype))
    return dataclasses.replace(old, dead=dead, used=used, examples=examples)


def _asked(architecture: Architecture, around: Around) -> dict[str, Scalar]:
    """Every L0 that is asked for, by its key; the first decides."""
    asked = {
        "tuner.target": None if around.tuner is None else around.tuner.target,
        "sparsity.target": None if around.sparsity is None else around.sparsity.target,
        "k": architecture.k,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _revival(
    dead: Dead | None, decoder: Array, x: Array, found: Pass, silent: Array
) -> dict[str, Array]:
    """What the loss adds for dead latents."""
    if dead is None or dead.term is None:
        return {}
    rank = found.pre if found.rank is None else found.rank
    return {"auxk": dead.term(found.pre, decoder, rank, x - found.recon, silent)}


def _penalty(
    architecture: Architecture, around: Around, state: SaeState, params: Params, found: Pass
) -> Mapping[str, Array]:
    """The penalty with its coefficient as it is now."""
    if around.sparsity is None:
        return EMPTY
    acts = found.code if found.penalised is None else found.penalised
    latents = Latents(acts, feature_norms(params.W_dec), found.gate)
    tuned = isinstance(state.tuner, TunerState)
    coefficient = state.tuner.coefficient if tuned else around.sparsity.coefficient
    risen = coefficient * around.sparsity.risen(state.step)
    penalty = architecture.penalise(around.sparsity.penalty, latents)
    return {"sparsity": (risen * penalty).astype(found.recon.dtype)}


def _explained(x: Array, recon: Array) -> Array:
    """1 - ‖x - x̂‖² / ‖x - mean‖², over a batch, (); 0 where all examples are the same."""
    spread = jnp.sum(jnp.square(x - x.mean(0)[None]))
    left = jnp.sum(jnp.square(x - recon))
    return jnp.where(spread > 0, 1 - left / jnp.where(spread > 0, spread, 1), 0)


def _reached(asked: Scalar | None, l0: Array, tuner: Any) -> dict[str, Array]:
    """Whether L0, where it is tuned its running mean, is what was asked for."""
    if asked is None:
        return {}
    if not isinstance(tuner, TunerState):
        return {"l0_reached": (jnp.abs(l0 - asked) <= REACHED * asked).astype(l0.dtype)}
    reached = jnp.abs(tuner.l0 - asked) <= REACHED * asked
    return {"l0_reached": reached.astype(l0.dtype), "coefficient": tuner.coefficient}
