"""Selection timed by itself: the k largest of each example, and of a whole batch."""

import functools
import statistics
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from experiments.bench import timing
from experiments.bench.saes.cases import K
from experiments.bench.saes.peers import Ask
from superpos.saes.select import largest
from superpos.types import Array

BATCH, WIDTH, MEMBERS = 1024, 256, 8
REPEATS = 5
N_PEER = 4
"""Selections of a run of the peer."""


def selection(ask: Ask | None) -> list[dict[str, Any]]:
    """Milliseconds of selecting from 1024 examples of 256 numbers, row by row and all at once."""
    found = []
    for flat in (False, True):
        values = jnp.asarray(np.random.default_rng(0).random((BATCH, WIDTH), np.float32))
        values = values.reshape(-1) if flat else values
        k = K * BATCH if flat else K
        who = {
            name: timing.Prepared(_run(chosen, values), 1, 0.0) for name, chosen in _ways(k).items()
        }
        stacked = jnp.stack([values] * MEMBERS)
        mapped = jax.vmap(functools.partial(largest, k=k))
        who[f"bisection, {MEMBERS} members"] = timing.Prepared(_run(mapped, stacked), 1, 0.0)
        if ask is not None:
            key = f"selection {flat}"
            sizes = {"batch_size": BATCH, "d_code": WIDTH, "k": k, "flat": flat}
            ask({"prepare": key, "who": "selection", "n_steps": N_PEER, **sizes})
            who["torch.topk"] = timing.Prepared(_asking(ask, key), N_PEER, 0.0)
        us = timing.samples(who, REPEATS)
        named = {name: 1e-3 * statistics.median(values) for name, values in us.items()}
        found.append({"of": "a batch" if flat else "an example", "k": k, "ms": named})
    return found


def _ways(k: int) -> Mapping[str, Callable[[Array], Any]]:
    return {
        "bisection": functools.partial(largest, k=k),
        "lax.top_k": lambda values: jax.lax.top_k(values, k),
        "sort": jnp.sort,
    }


def _run(chosen: Callable[[Array], Any], values: Array) -> Callable[[], Any]:
    compiled = jax.jit(chosen).lower(values).compile()
    return lambda: jax.block_until_ready(compiled(values))


def _asking(ask: Ask, key: str) -> Callable[[], Any]:
    return lambda: ask({"run": key})
