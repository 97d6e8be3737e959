"""Runs of one number w whose every value is known: w is pulled to a goal, or led by the data."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from superpos.data import stateless
from superpos.types import Batch, Evaluation, FitSpec, Model, Output, Source

START = 1.0
"""Where w begins."""


def model_of(loss: Callable[[jax.Array, jax.Array], jax.Array], **fields: Any) -> Model:
    """A model of the number w with a loss of (w, inputs)."""

    def of_batch(params: Any, state: Any, batch: Batch, key: Any) -> Any:
        return loss(params["w"], batch.inputs), (state, {})

    model = Model(
        init=lambda key: ({"w": jnp.float32(START)}, ()),
        apply=lambda params, state, x: Output(code=x, recon=x),
        loss=of_batch,
    )
    return model._replace(**fields)


def numbers(x: jax.Array) -> Batch:
    """A batch of numbers (batch,)."""
    x = jnp.asarray(x, jnp.float32)[:, None]
    return Batch(inputs=x, targets=x, factors=x)


def zeros(key: jax.Array, batch_size: int) -> Batch:
    return numbers(jnp.zeros(batch_size))


def counting(start: Any = 0) -> Source:
    """Batches of the number of draws before, counted from a start."""

    def sample(params: Any, state: Any, key: Any, batch_size: int) -> Any:
        return numbers(jnp.full(batch_size, state, jnp.float32)), state + 1

    return Source(lambda key: jnp.int32(start), sample)


def led(rate: Any = 1.0, **changes: Any) -> dict[str, Any]:
    """The loss is w times the mean of the batch: each update takes rate times that mean from w."""
    parts = {
        "model": model_of(lambda w, x: w * x.mean()),
        "source": counting(),
        "tx": optax.scale(-rate),
        "spec": FitSpec(n_steps=6, batch_size=2, log_every=2),
    }
    return {**parts, **changes}


def pulled(rate: Any = 0.5, **changes: Any) -> dict[str, Any]:
    """The loss is w² / 2: each update takes w to (1 - rate) w."""
    parts = {
        "model": model_of(lambda w, x: w**2 / 2 + 0 * x.mean()),
        "source": stateless(zeros),
        "tx": optax.scale(-rate),
        "spec": FitSpec(n_steps=12, batch_size=1, log_every=6),
    }
    return {**parts, **changes}


def w_after(steps: Any, rate: Any = 0.5) -> np.ndarray:
    """What w of `pulled` is after so many updates."""
    return START * (1 - np.asarray(rate, np.float64)) ** np.asarray(steps)


def position(name: str = "position", **fields: Any) -> Evaluation:
    """An evaluation that measures w."""
    return Evaluation(lambda params, state, key: {name: params["w"]}, **fields)
