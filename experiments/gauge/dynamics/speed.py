"""What an update costs in W and in its Gram matrix, by the width of the hidden space."""

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from superpos import gauge
from superpos.models.tied import embed, encode
from superpos.types import Array

N_FEATURES, WIDTHS = 40, (10, 40, 80, 160)
"""Of the models whose updates are timed."""
N_UPDATES, N_ROUNDS = 50, 40


class Times(NamedTuple):
    """Microseconds of an update.

    Attributes:
        in_weights: in W at each of some widths, (n_widths,).
        in_labels: in G, which has no width.
    """

    in_weights: np.ndarray
    in_labels: float


def timings(n_features: int, widths: Sequence[int], batch_size: int) -> Times:
    """Microseconds of an update of plain SGD of the tied autoencoder, in float32.

    Args:
        n_features: of the model.
        widths: of its hidden space.
        batch_size: of an update.

    Returns:
        In W at each width by the faster of W (Wᵀx) and (W Wᵀ) x; and in G. Of some rounds the
        fastest, each a loop of updates that is compiled whole.
    """
    x = jax.random.uniform(jax.random.key(0), (batch_size, n_features))
    b = jnp.zeros(n_features)
    in_weights = []
    for width in widths:
        W = jax.random.normal(jax.random.key(1), (n_features, width)) / jnp.sqrt(n_features)
        orders = (lambda W: embed(W, encode(W, x.T)), lambda W: (W @ W.T) @ x.T)
        in_weights.append(min(_seconds(_weights_update(order, x), (W, b)) for order in orders))
    in_labels = _seconds(_label_update(x), gauge.gram_state(jnp.eye(n_features), b))
    return Times(1e6 * np.array(in_weights), 1e6 * in_labels)


def _weights_update(mapped: Callable[[Array], Array], x: Array) -> Callable[[Any], Any]:
    def loss(W: Array, b: Array) -> Array:
        return jnp.square(x.T - jax.nn.relu(mapped(W) + b[:, None])).sum(0).mean()

    def update(params: tuple[Array, Array]) -> tuple[Array, Array]:
        W, b = params
        gradient_W, gradient_b = jax.grad(loss, argnums=(0, 1))(W, b)
        return W - 1e-3 * gradient_W, b - 1e-3 * gradient_b

    return update


def _label_update(x: Array) -> Callable[[Any], Any]:
    def loss(G: Array, b: Array) -> Array:
        return jnp.square(x - jax.nn.relu(x @ G + b[None])).sum(-1).mean()

    return lambda state: gauge.gram_step(state, loss, learning_rate=1e-3)


def _seconds(update: Callable[[Any], Any], start: Any) -> float:
    run = jax.jit(lambda s: jax.lax.fori_loop(0, N_UPDATES, lambda _, each: update(each), s))
    jax.block_until_ready(run(start))
    rounds = []
    for _ in range(N_ROUNDS):
        begin = time.perf_counter()
        jax.block_until_ready(run(start))
        rounds.append(time.perf_counter() - begin)
    return min(rounds) / N_UPDATES
