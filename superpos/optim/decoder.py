"""Adam for sparse autoencoders, and what keeps their parameters where they may be.

Parameters are known by name: W_dec (d_code, d_in) has a latent in each row, thresholds are >= 0.
"""

from typing import Any, Literal

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import (
    ArgumentError,
    Decay,
    MaybeCount,
    MaybeFraction,
    MaybePositive,
    Positive,
    factory,
)
from superpos.optim.frozen import at, frozen_at, near_start, unit_rows
from superpos.optim.gradient import adam
from superpos.optim.resampling import resampled
from superpos.optim.schedules import Schedule
from superpos.types import Array, Params

DECODER, THRESHOLD = "W_dec", "threshold"
FROZEN = {"decoder": DECODER, "encoder": "W_enc", "everything": None}
"""What stays as it starts -> the name of its parameter; None is all."""


@factory
def sae_adam(
    *,
    learning_rate: Positive,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: Positive = 1e-8,
    clip: MaybePositive = 1.0,
    decoder: Literal["free", "unit"] = "free",
    frozen: Literal["nothing", "decoder", "encoder", "everything"] = "nothing",
    least_cosine: MaybeFraction = None,
    resample_every: MaybeCount = None,
    schedule: Schedule | None = None,
) -> optax.GradientTransformation:
    """Adam with a clipped gradient, thresholds that stay >= 0 and, if asked for, unit decoder rows.

    `frozen` and `least_cosine` give autoencoders that have learned nothing, or little, to compare
    those with that have: a decoder, or the weights of an encoder, as they start; a decoder near its
    start ("soft-frozen"); all as it starts, but for what the model counts in its state.

    Args:
        learning_rate: step size in (0, inf).
        b1: decay of the mean of gradients, in [0, 1).
        b2: decay of the mean of squared gradients, in [0, 1).
        eps: added to the root of the second moment, in (0, inf).
        clip: the norm of the whole gradient, at the most, in (0, inf); None does not clip.
        decoder: "free", or "unit" for decoder rows of norm 1, as `unit_decoder` keeps them.
        frozen: which weights stay as they start; biases and thresholds do for "everything" alone.
        least_cosine: of each decoder row with where it started, in [0, 1], at which a row is kept
            by turning it back; None does not.
        resample_every: updates between two times that dead latents start anew, >= 1, of a model
            with `saes.resample`; None is never.
        schedule: multiplies the learning rate, step -> factor; None is constant.

    Returns:
        An optax GradientTransformation, whose update needs the parameters.

    Raises:
        ArgumentError: a value is out of range, or what is frozen is to move as well; from `init`,
            the model has no such weights.

    Reference:
        SAELens 6.54.12, SAETrainer; Marks et al. 2024, dictionary_learning 0.1.0. Korznikov et al.
        2026, Sanity Checks for Sparse Autoencoders (arXiv 2602.14111), frozen decoder, frozen
        encoder, and a decoder whose rows keep a cosine of 0.8.
    """
    _check_still(frozen, least_cosine, resample_every)
    inner = adam(learning_rate=learning_rate, b1=b1, b2=b2, eps=eps, schedule=schedule)
    if clip is not None:
        inner = optax.chain(_clipped(clip), inner)
    inner = kept_positive(unit_decoder(inner) if decoder == "unit" else inner)
    if frozen != "nothing":
        inner = frozen_at(inner, FROZEN[frozen])
    if least_cosine is not None:
        inner = near_start(inner, DECODER, least_cosine)
    return inner if resample_every is None else resampled(inner, resample_every)


def unit_decoder(inner: optax.GradientTransformation) -> optax.GradientTransformation:
    """Updates after which decoder rows have norm 1, from gradients without their part along rows.

    Args:
        inner: an optimiser, which is given the projected gradients.

    Returns:
        An optax GradientTransformation, whose update needs the parameters. A row that is 0 stays
        as `inner` leaves it.

    Reference:
        Bricken et al. 2023, Towards Monosemanticity, "Optimization".
    """

    def project(gradient: Array, W: Array) -> Array:
        rows = unit_rows(W)
        return gradient - jnp.sum(gradient * rows, axis=-1, keepdims=True) * rows

    def update(updates: Params, state: Any, params: Params | None = None) -> tuple[Params, Any]:
        projected = at(DECODER, project, updates, params)
        steps, state = inner.update(projected, state, params)
        return at(DECODER, lambda step, W: unit_rows(W + step) - W, steps, params), state

    return optax.GradientTransformation(inner.init, update)


def kept_positive(inner: optax.GradientTransformation) -> optax.GradientTransformation:
    """Updates after which thresholds are at least 0.

    Args:
        inner: an optimiser.

    Returns:
        An optax GradientTransformation, whose update needs the parameters.
    """

    def update(updates: Params, state: Any, params: Params | None = None) -> tuple[Params, Any]:
        steps, state = inner.update(updates, state, params)
        return at(THRESHOLD, lambda step, old: jnp.maximum(step, -old), steps, params), state

    return optax.GradientTransformation(inner.init, update)


def _clipped(most: Positive) -> optax.GradientTransformation:
    """Gradients whose norm, all arrays together, is at most `most`; which may be a tracer."""

    def update(updates: Params, state: Any, params: Params | None = None) -> tuple[Params, Any]:
        del params
        norm = optax.tree.norm(updates)
        factor = jnp.minimum(1, most / jnp.where(norm > 0, norm, 1))
        return jax.tree.map(lambda leaf: (factor * leaf).astype(leaf.dtype), updates), state

    return optax.GradientTransformation(optax.init_empty_state, update)


def _check_still(frozen: str, least_cosine: Any, resample_every: int | None) -> None:
    """Refuse to move what is to stay.

    Raises:
        ArgumentError: one line.
    """
    if least_cosine is not None and frozen in ("decoder", "everything"):
        raise ArgumentError(f"least_cosine={least_cosine}: expected none, as frozen={frozen}")
    if resample_every is not None and (frozen != "nothing" or least_cosine is not None):
        raise ArgumentError(
            f"resample_every={resample_every}: expected none, as weights stay where they start"
        )
