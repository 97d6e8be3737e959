"""The Gram matrix evolved by itself, beside W, on the same data; in float64, and in float32."""

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray

from experiments.gauge.setting import (
    arguments_of,
    gradient_of,
    loss_on,
    model_of,
    params_of,
    stream,
)
from superpos import gauge, models
from superpos.gauge import GramState
from superpos.gauge.gram import Loss, naive_step
from superpos.models.importance import importance_weights
from superpos.types import Array

N_STEPS, N_NAIVE, BATCH_SIZE = 1000, 200, 128
WAYS = {"sgd": (0.05, 0.0, 0.0), "momentum": (0.05, 0.9, 0.0), "decay": (0.05, 0.0, 0.01)}
"""Learning rate, momentum and decoupled weight decay."""
RANK_TOLERANCE = 1e-8
"""Eigenvalues of a Gram matrix count above this share of the largest."""


EVERY = 25
"""Updates between two truncations of the rank."""


class Followed(NamedTuple):
    """One start followed in W and in G = W Wᵀ, for each of WAYS.

    Gaps are largest differences of an entry of the Gram matrix from that of W in float64, after
    each update, (n_ways, n_steps); not finite where a run left the numbers.

    Attributes:
        gap: of G whose rank is truncated, float64.
        raw: of G by its rule alone, float64.
        single: of W in float32.
        raw_single: of G by its rule alone, float32.
        loss_gap: difference of the losses on fresh data of W and of the truncated G, as `gap`.
        loss: of the truncated G on fresh data, (n_ways, n_steps).
        ends: W at the end, (n_ways, n_features, n_hidden).
        gram: truncated G at the end, (n_ways, n_features, n_features).
    """

    gap: np.ndarray
    raw: np.ndarray
    single: np.ndarray
    raw_single: np.ndarray
    loss_gap: np.ndarray
    loss: np.ndarray
    ends: np.ndarray
    gram: np.ndarray


def gram_loss(dataset: xarray.Dataset) -> Callable[[Array, Array, Array], Array]:
    """(G, b, x) -> loss of the tied ReLU autoencoder of a sweep on a batch x."""
    given = arguments_of(dataset, "model")
    weights = importance_weights(given["n_features"], given["importance_decay"], None, None)

    def loss(G: Array, b: Array, x: Array) -> Array:
        recon = jax.nn.relu(jnp.matmul(x, G, precision="highest") + b[None])
        return (jnp.square(x - recon) * weights().astype(x.dtype)[None]).sum(-1).mean()

    return loss


def follow(dataset: xarray.Dataset) -> Followed:
    """Evolve W and G from the start that is stored, N_STEPS updates on one stream of data."""
    params, model, loss = params_of(dataset), model_of(dataset), gram_loss(dataset)
    batches = stream(dataset, N_STEPS, BATCH_SIZE)
    fresh = stream(dataset, 1, 2048, seed=1)[0]
    ways = jnp.asarray(list(WAYS.values()))

    def in_weights(start: Any, data: Array, way: Array) -> Any:
        way = way.astype(data.dtype)
        tx = optax.chain(
            optax.trace(way[1]), optax.add_decayed_weights(way[2]), optax.scale(-way[0])
        )
        label = lambda p: {"gram": p.W @ p.W.T, "loss": loss(p.W @ p.W.T, p.b, fresh)}  # noqa: E731
        return gauge.descend(tx, gradient_of(model, data), label, start, N_STEPS)

    def in_labels(state: GramState, data: Array, way: Array, often: Array) -> tuple[Array, Array]:
        n_hidden = params.W.shape[1]

        def step(state: GramState, numbered: tuple[Array, Array]) -> tuple[GramState, Any]:
            number, x = numbered
            state = gauge.gram_step(
                state,
                lambda G, b: loss(G, b, x),
                learning_rate=way[0],
                momentum=way[1],
                weight_decay=way[2],
            )
            due = (number + 1) % often == 0
            state = jax.lax.cond(due, lambda s: gauge.truncate(s, n_hidden), lambda s: s, state)
            return state, (state.G, loss(state.G, state.b, fresh.astype(x.dtype)))

        return jax.lax.scan(step, state, (jnp.arange(N_STEPS), data))[1]

    run = jax.jit(lambda *start: jax.lax.map(lambda way: in_weights(*start, way), ways))
    evolve = jax.jit(
        lambda state, data, often: jax.lax.map(
            lambda way: in_labels(state, data, way.astype(data.dtype), often), ways
        )
    )
    end, found = run(params, batches)
    state = gauge.gram_state(params.W, params.b)
    grams, losses = evolve(state, batches, EVERY)
    raw, _ = evolve(state, batches, N_STEPS + 1)
    singles = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), (params, state, batches))
    single = run(singles[0], singles[2])[1]["gram"]
    raw_single, _ = evolve(*singles[1:], N_STEPS + 1)
    gaps = [jnp.abs(found["gram"] - g).max((-1, -2)) for g in (grams, raw, single, raw_single)]
    rest = (jnp.abs(found["loss"] - losses), losses, end.W, grams[:, -1])
    return Followed(*(np.asarray(each, float) for each in (*gaps, *rest)))


def naive_end(dataset: xarray.Dataset) -> np.ndarray:
    """G (n, n) after N_NAIVE gradient steps of its entries, at the rate of plain SGD."""
    params, loss = params_of(dataset), gram_loss(dataset)

    def step(state: GramState, x: Array) -> tuple[GramState, None]:
        rate = WAYS["sgd"][0]
        return naive_step(state, lambda G, b: loss(G, b, x), learning_rate=rate), None

    start = gauge.gram_state(params.W, params.b)
    batches = stream(dataset, N_NAIVE, BATCH_SIZE)
    return np.asarray(jax.jit(lambda: jax.lax.scan(step, start, batches)[0].G)())


def engine_loss(dataset: xarray.Dataset, start: xarray.Dataset) -> float:
    """Loss of the trained model that is stored, on the data of `Followed.loss`."""
    fresh = stream(start, 1, 2048, seed=1)[0]
    return float(loss_on(model_of(dataset), params_of(dataset), fresh))


def rank_of(G: np.ndarray) -> tuple[int, float]:
    """Eigenvalues that count, and the least of all as a share of the largest in size."""
    values = np.linalg.eigvalsh(G)
    shares = values / np.abs(values).max()
    return int((np.abs(shares) > RANK_TOLERANCE).sum()), float(shares.min())


def recovered(G: np.ndarray, W: np.ndarray) -> float:
    """How far weights made from G are from W once turned towards it, relative; inf if unlike."""
    made = {"W": gauge.factor(jnp.asarray(G), W.shape[1])}
    given, group = {"W": jnp.asarray(W)}, gauge.symmetries.rotation()
    witness = gauge.equivalent(given, made, group, gauge.search_rotation())
    if witness is None:
        return np.inf
    turned = group.act(witness, made)["W"]
    return float(jnp.abs(turned - given["W"]).max() / jnp.abs(given["W"]).max())


def timings(n_features: int, widths: Sequence[int], batch_size: int) -> np.ndarray:
    """Microseconds of one update in W and in G at each width, (len(widths), 2), float32."""
    x = jax.random.uniform(jax.random.key(0), (batch_size, n_features), jnp.float32)
    rows = []
    for width in widths:
        model = models.autoencoder(n_features=n_features, n_hidden=width)
        params, _ = model.init(jax.random.key(1))
        state = gauge.gram_state(params.W, params.b)
        rows.append(
            [_seconds(_weights_update(model, x), params), _seconds(_label_update(x), state)]
        )
    return np.array(rows) * 1e6


def _weights_update(model: Any, x: Array) -> Callable[[Any], Any]:
    def update(params: Any) -> Any:
        gradient = jax.grad(lambda p: loss_on(model, p, x))(params)
        return jax.tree.map(lambda p, g: p - 1e-3 * g, params, gradient)

    return update


def _label_update(x: Array) -> Callable[[Any], Any]:
    def loss(G: Array, b: Array) -> Array:
        return jnp.square(x - jax.nn.relu(x @ G + b[None])).sum(-1).mean()

    typed: Loss = loss
    return lambda state: gauge.gram_step(state, typed, learning_rate=1e-3)


def _seconds(update: Callable[[Any], Any], start: Any, n_updates: int = 100) -> float:
    """Least seconds of an update, of five rounds of a loop that is compiled whole."""
    run = jax.jit(lambda s: jax.lax.fori_loop(0, n_updates, lambda _, each: update(each), s))
    jax.block_until_ready(run(start))
    rounds = []
    for _ in range(5):
        begin = time.perf_counter()
        jax.block_until_ready(run(start))
        rounds.append(time.perf_counter() - begin)
    return min(rounds) / n_updates
