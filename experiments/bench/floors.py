"""The least that an update can take on this machine: its products at the peak, its random numbers.

A floor is the time of the products that an update cannot do without, at the speed of a large
product on all devices at once, and that of its random numbers, by the generator alone. Everything
else (the two other passes over a batch, the optimiser, the start of each operation) is left out, so
no update can reach it.
"""

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp

from experiments.bench.cases import Case
from experiments.bench.peak import normal, peak_gflops, seconds_each
from superpos.models.tied import tied_map
from superpos.random import THREEFRY13, uniform_rows
from superpos.types import Array

LARGE = 100
"""Features from which on products take most of the time."""
N_TIMES = 50
"""Times that are measured at once."""
OF_ROWS = (20, 1024)
"""Rows of random numbers that are drawn at once, which stay in the cache."""


def floors(cases: Iterable[Case]) -> dict[str, Any]:
    """The floor of each case.

    Returns:
        `peak_gflops`, `ns_per_number`, and `cases`: for each, microseconds of a model-step of its
        products at the peak; of the same products as they are laid out, one after another, where
        they take most of its time, else None; and of the numbers that a model of its own draws.
    """
    peak, number = peak_gflops(), ns_per_number()
    return {
        "peak_gflops": peak,
        "ns_per_number": number,
        "cases": [
            {
                "case": case.name,
                "n_models": case.n_models,
                "products_us": 1e-3 * flops(case) / peak,
                "products_alone_us": products_us(case) if case.n_features >= LARGE else None,
                "random_us": 1e-3 * case.n_features * case.batch_size * number,
            }
            for case in cases
        ],
    }


def flops(case: Case) -> int:
    """Of W Wᵀ x and its gradient in W, by whichever order takes fewer.

    Wᵀ x first, then W h, and three products back; or W Wᵀ first, and two of n by n by batch.
    """
    n, m = case.n_features, case.n_hidden
    return 2 * case.batch_size * min(5 * n * m, 2 * n * n)


def products_us(case: Case) -> float:
    """Microseconds of these products of one model, as the engine computes them."""

    def products(W: Array, x: Array, error: Array) -> Array:
        def update(_: int, W: Array) -> Array:
            recon, pull = jax.vjp(lambda W: tied_map(W, x), W)
            return W - 1e-9 * pull(recon - error)[0]

        return jax.lax.fori_loop(0, N_TIMES, update, W)

    n, m, batch = case.n_features, case.n_hidden, case.batch_size
    arrays = normal(n, m), normal(n, batch), normal(n, batch)
    return 1e6 * seconds_each(products, *arrays) / N_TIMES


def ns_per_number() -> float:
    """Nanoseconds of a uniform number, by the generator that `superpos.random.key` takes."""

    def drawn(words: Array) -> Array:
        key = jax.random.wrap_key_data(words, impl=THREEFRY13)

        def draw(number: int, largest: Array) -> Array:
            return jnp.maximum(largest, uniform_rows(jax.random.fold_in(key, number), OF_ROWS))

        return jax.lax.fori_loop(0, N_TIMES, draw, jnp.zeros(OF_ROWS))

    words = jax.device_get(jax.random.key_data(jax.random.key(0, impl=THREEFRY13)))
    return 1e9 * seconds_each(drawn, words) / (N_TIMES * OF_ROWS[0] * OF_ROWS[1])
