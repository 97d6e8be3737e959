"""Dead latents of a sparse autoencoder that start anew, at examples with a large error."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import ArgumentError
from superpos.types import Array, Params

ENCODER_SCALE = 0.2
"""Norm of a new encoder column as part of the mean norm of the others."""
DECODER, ENCODER = "W_dec", "W_enc"
"""With a row for each latent, and with a column."""


class ResampledState(NamedTuple):
    """What is remembered: the updates done, int32 (), and the state of the optimiser inside."""

    n_updates: Array
    inner: Any


def resampled(
    inner: optax.GradientTransformation, every: int
) -> optax.GradientTransformationExtraArgs:
    """An optimiser under which dead latents start anew from time to time.

    A decoder row then has norm 1 and the direction of an example, the encoder column the same
    direction and a fifth of the mean norm of those that are in use and not dead. Biases, thresholds
    and whatever else has a number for each latent are those of a new model; what the optimiser
    remembers of them is 0.

    Args:
        inner: the optimiser.
        every: updates between two times, >= 1.

    Returns:
        An optax GradientTransformationExtraArgs, whose update needs the parameters and takes the
        `model_state` after the batch, with `resampling.dead` and `resampling.used`, bool (d_code,),
        `resampling.examples`, (d_code, d_in), and `resampling.starts`, name -> (d_code,).

    Raises:
        ArgumentError: from its update, where the model gives no such thing; one line.

    Reference:
        Bricken et al. 2023, Towards Monosemanticity, "Neuron Resampling".
    """

    def init(params: Params) -> ResampledState:
        return ResampledState(jnp.int32(0), inner.init(params))

    def update(
        updates: Params, state: Any, params: Params | None = None, **extra: Any
    ) -> tuple[Params, Any]:
        steps, after = inner.update(updates, state.inner, params)
        resampling: Any = getattr(extra.get("model_state"), "resampling", None)
        if not hasattr(resampling, "dead") or not hasattr(params, "W_enc"):
            raise ArgumentError(
                "resample_every: expected a model with an encoder and saes.resample"
            )
        n_updates = state.n_updates + 1
        dead = resampling.dead & (n_updates % every == 0)
        new = _new(params, dead, resampling)
        moves = {name: new[name] - getattr(params, name) for name in new}
        forgotten = dict.fromkeys(new, jnp.zeros(()))
        return _replaced(steps, dead, moves), ResampledState(
            n_updates, _replaced(after, dead, forgotten)
        )

    return optax.GradientTransformationExtraArgs(init, update)


def _new(params: Params, dead: Array, resampling: Any) -> dict[str, Array]:
    """Where the parameters of each latent would start anew."""
    examples, alive = resampling.examples, resampling.used & ~dead
    norms = jnp.linalg.norm(examples, axis=1, keepdims=True)
    rows = examples / jnp.where(norms > 0, norms, 1)
    columns = jnp.linalg.norm(params.W_enc, axis=0)
    mean = jnp.sum(jnp.where(alive, columns, 0)) / jnp.maximum(1, jnp.sum(alive))
    return {DECODER: rows, ENCODER: ENCODER_SCALE * mean * rows.T, **resampling.starts}


def _replaced(tree: Any, dead: Array, values: dict[str, Array]) -> Any:
    """A tree in which what dead latents have is a value by name."""

    def replaced(path: Any, leaf: Array) -> Array:
        name = jax.tree_util.keystr(path[-1:], simple=True)
        if name not in values:
            return leaf
        along = leaf.ndim - 1 if name == ENCODER else 0
        shape = [dead.shape[0] if axis == along else 1 for axis in range(leaf.ndim)]
        return jnp.where(dead.reshape(shape), values[name], leaf).astype(leaf.dtype)

    return jax.tree_util.tree_map_with_path(replaced, tree)
