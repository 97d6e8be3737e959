"""Adam for sparse autoencoders, and what keeps their parameters where they may be.

Parameters are known by name: W_dec (d_code, d_in) has a latent in each row, thresholds are >= 0.
"""

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import Decay, MaybeCount, MaybePositive, Positive, factory
from superpos.optim.gradient import adam
from superpos.optim.resampling import resampled
from superpos.optim.schedules import Schedule
from superpos.types import Array, Params

DECODER, THRESHOLD = "W_dec", "threshold"


@factory
def sae_adam(
    *,
    learning_rate: Positive,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: Positive = 1e-8,
    clip: MaybePositive = 1.0,
    decoder: Literal["free", "unit"] = "free",
    resample_every: MaybeCount = None,
    schedule: Schedule | None = None,
) -> optax.GradientTransformation:
    """Adam with a clipped gradient, thresholds that stay >= 0 and, if asked for, unit decoder rows.

    Args:
        learning_rate: step size in (0, inf).
        b1: decay of the mean of gradients, in [0, 1).
        b2: decay of the mean of squared gradients, in [0, 1).
        eps: added to the root of the second moment, in (0, inf).
        clip: the norm of the whole gradient, at the most, in (0, inf); None does not clip.
        decoder: "free", or "unit" for decoder rows of norm 1, as `unit_decoder` keeps them.
        resample_every: updates between two times that dead latents start anew, >= 1, of a model
            with `saes.resample`; None is never.
        schedule: multiplies the learning rate, step -> factor; None is constant.

    Returns:
        An optax GradientTransformation, whose update needs the parameters.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        SAELens 6.54.12, SAETrainer; Marks et al. 2024, dictionary_learning 0.1.0.
    """
    inner = adam(learning_rate=learning_rate, b1=b1, b2=b2, eps=eps, schedule=schedule)
    if clip is not None:
        inner = optax.chain(_clipped(clip), inner)
    inner = kept_positive(unit_decoder(inner) if decoder == "unit" else inner)
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
        rows = _unit(W)
        return gradient - jnp.sum(gradient * rows, axis=-1, keepdims=True) * rows

    def update(updates: Params, state: Any, params: Params | None = None) -> tuple[Params, Any]:
        projected = _at(DECODER, project, updates, params)
        steps, state = inner.update(projected, state, params)
        return _at(DECODER, lambda step, W: _unit(W + step) - W, steps, params), state

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
        return _at(THRESHOLD, lambda step, old: jnp.maximum(step, -old), steps, params), state

    return optax.GradientTransformation(inner.init, update)


def _clipped(most: Positive) -> optax.GradientTransformation:
    """Gradients whose norm, all arrays together, is at most `most`; which may be a tracer."""

    def update(updates: Params, state: Any, params: Params | None = None) -> tuple[Params, Any]:
        del params
        norm = optax.tree.norm(updates)
        factor = jnp.minimum(1, most / jnp.where(norm > 0, norm, 1))
        return jax.tree.map(lambda leaf: (factor * leaf).astype(leaf.dtype), updates), state

    return optax.GradientTransformation(lambda _: optax.EmptyState(), update)


def _at(
    name: str, change: Callable[[Array, Array], Array], updates: Params, params: Params
) -> Params:
    """Updates of which the array of one name is changed."""

    def changed(path: Any, leaf: Array, old: Array) -> Array:
        here = jax.tree_util.keystr(path[-1:], simple=True) == name
        return change(leaf, old) if here else leaf

    return jax.tree_util.tree_map_with_path(changed, updates, params)


def _unit(W: Array) -> Array:
    norms = jnp.linalg.norm(W, axis=-1, keepdims=True)
    return jnp.where(norms > 0, W / jnp.where(norms > 0, norms, 1), W)
