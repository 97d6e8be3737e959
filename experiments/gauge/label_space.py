"""The Gram matrix evolved by itself, beside W, on the same data; in float64, and in float32."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray

from experiments.gauge.setting import first_of, gradient_of, loss_on, stream
from superpos import gauge
from superpos.gauge import GramState
from superpos.gauge.gram import naive_step
from superpos.models.importance import importance_weights
from superpos.train import store
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
    config = store.config_of(dataset)
    n, decay = config["model.n_features"], config["model.importance_decay"]
    weights = importance_weights(n, decay, None, None)

    def loss(G: Array, b: Array, x: Array) -> Array:
        recon = jax.nn.relu(jnp.matmul(x, G, precision="highest") + b[None])
        return (jnp.square(x - recon) * weights().astype(x.dtype)[None]).sum(-1).mean()

    return loss


def follow(dataset: xarray.Dataset) -> Followed:
    """Evolve W and G from the start that is stored, N_STEPS updates on one stream of data."""
    (model, params), loss = first_of(dataset), gram_loss(dataset)
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

    def in_labels(state: GramState, data: Array, way: Array, every: int) -> tuple[Array, Array]:
        way = way.astype(data.dtype)

        def step(state: GramState, x: Array) -> tuple[GramState, Any]:
            state = gauge.gram_step(
                state,
                lambda G, b: loss(G, b, x),
                learning_rate=way[0],
                momentum=way[1],
                weight_decay=way[2],
            )
            return state, (state.G, loss(state.G, state.b, fresh.astype(x.dtype)))

        def block(state: GramState, xs: Array) -> tuple[GramState, Any]:
            state, seen = jax.lax.scan(step, state, xs)
            return gauge.truncate(state, params.W.shape[1]), seen

        _, seen = jax.lax.scan(block, state, data.reshape(-1, every, *data.shape[1:]))
        return jax.tree.map(lambda each: each.reshape(N_STEPS, *each.shape[2:]), seen)

    run = jax.jit(jax.vmap(in_weights, (None, None, 0)))
    evolve = jax.jit(jax.vmap(in_labels, (None, None, 0, None)), static_argnums=3)
    end, found = run(params, batches, ways)
    state = gauge.gram_state(params.W, params.b)
    grams, losses = evolve(state, batches, ways, EVERY)
    raw, _ = evolve(state, batches, ways, N_STEPS)
    singles = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), (params, state, batches))
    single = run(singles[0], singles[2], ways)[1]["gram"]
    raw_single, _ = evolve(*singles[1:], ways, N_STEPS)
    gaps = [jnp.abs(found["gram"] - g).max((-1, -2)) for g in (grams, raw, single, raw_single)]
    rest = (jnp.abs(found["loss"] - losses), losses, end.W, grams[:, -1])
    return Followed(*(np.asarray(each, float) for each in (*gaps, *rest)))


def naive_path(dataset: xarray.Dataset) -> np.ndarray:
    """G after each of N_NAIVE gradient steps of its entries, at the rate of plain SGD."""
    (_, params), loss = first_of(dataset), gram_loss(dataset)

    def step(state: GramState, x: Array) -> tuple[GramState, Array]:
        rate = WAYS["sgd"][0]
        state = naive_step(state, lambda G, b: loss(G, b, x), learning_rate=rate)
        return state, state.G

    start = gauge.gram_state(params.W, params.b)
    batches = stream(dataset, N_NAIVE, BATCH_SIZE)
    return np.asarray(jax.jit(lambda: jax.lax.scan(step, start, batches)[1])())


def engine_loss(dataset: xarray.Dataset, start: xarray.Dataset) -> float:
    """Loss of the trained model that is stored, on the data of `Followed.loss`."""
    fresh = stream(start, 1, 2048, seed=1)[0]
    return float(loss_on(*first_of(dataset), fresh))


def rank_of(G: np.ndarray) -> int:
    """Eigenvalues of G (n, n) that count."""
    values = np.abs(np.linalg.eigvalsh(G))
    return int((values > RANK_TOLERANCE * values.max()).sum())


def least_eigenvalue(path: np.ndarray) -> float:
    """The least eigenvalue on a path of Gram matrices, as a share of the largest then."""
    values = np.linalg.eigvalsh(path)
    return float((values[:, 0] / values[:, -1]).min())


def recovered(G: np.ndarray, W: np.ndarray) -> float:
    """How far weights made from G are from W once turned towards it, relative; inf if unlike."""
    made = {"W": gauge.factor(jnp.asarray(G), W.shape[1])}
    given, group = {"W": jnp.asarray(W)}, gauge.symmetries.rotation()
    witness = gauge.equivalent(given, made, group, gauge.search_rotation())
    if witness is None:
        return np.inf
    turned = group.act(witness, made)["W"]
    return float(jnp.abs(turned - given["W"]).max() / jnp.abs(given["W"]).max())
