"""Which optimisers treat each parameter alone."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
import pytest

from superpos import optim
from superpos.train.elementwise import is_elementwise

PARAMS = {"W": jnp.ones((3, 2)), "b": jnp.zeros(3), "c": jnp.float32(0.0)}


def with_unit_rows(updates: Any, state: Any, params: Any = None) -> Any:
    def project(step: jax.Array, leaf: jax.Array) -> jax.Array:
        new = leaf + step
        return new / jnp.linalg.norm(new, axis=-1, keepdims=True) - leaf if leaf.ndim == 2 else step

    return jax.tree.map(project, updates, params), state


UNIT_ROWS = optax.GradientTransformation(lambda params: optax.EmptyState(), with_unit_rows)
ALONE: dict[str, Callable[[Any], optax.GradientTransformation]] = {
    "adam": lambda rate: optim.adam(learning_rate=rate),
    "adamw": lambda rate: optim.adamw(learning_rate=rate, weight_decay=0.1, b1=rate),
    "sgd": lambda rate: optim.sgd(
        learning_rate=rate, momentum=0.9, schedule=optim.schedules.linear(n_steps=10)
    ),
    "clipped by value": lambda rate: optax.chain(optax.clip(0.1), optax.sgd(rate)),
    "identity": lambda rate: optax.identity(),
}
TOGETHER: dict[str, Callable[[Any], optax.GradientTransformation]] = {
    "global norm that is never reached": lambda rate: optax.clip_by_global_norm(1e9),
    "norm of each leaf": lambda rate: optax.clip_by_block_rms(1e9),
    "trust ratio": optax.lamb,
    "factored": lambda rate: optax.adafactor(rate, min_dim_size_to_factor=2),
    "projection": lambda rate: optax.chain(optax.sgd(rate), UNIT_ROWS),
    "decay of matrices": lambda rate: optax.adamw(
        rate, weight_decay=0.1, mask=lambda params: jax.tree.map(lambda leaf: leaf.ndim > 1, params)
    ),
    "skipped unless all are finite": lambda rate: optax.apply_if_finite(optax.sgd(rate), 3),
}
CASES = [(name, True) for name in ALONE] + [(name, False) for name in TOGETHER]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "expected"), CASES)
def test_an_optimiser_is_found_out(name: str, expected: bool) -> None:
    tx = (ALONE | TOGETHER)[name](0.1)
    assert is_elementwise(tx, PARAMS, tx.init(PARAMS)) is expected


@pytest.mark.slow
@pytest.mark.parametrize(("name", "expected"), CASES)
def test_also_inside_a_sweep(name: str, expected: bool) -> None:
    """Where the learning rate, the parameters and the state are tracers."""
    found = []

    def run(rate: jax.Array, params: Any) -> jax.Array:
        tx = (ALONE | TOGETHER)[name](rate)
        found.append(is_elementwise(tx, params, tx.init(params)))
        return rate

    jax.jit(jax.vmap(run, in_axes=(0, None)))(jnp.float32([0.1, 0.2]), PARAMS)
    assert found == [expected]
