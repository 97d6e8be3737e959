"""What this machine can do at most, and the time of a function that all devices compute at once."""

import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

PEAK_SIZE = 1024
"""Of the square product by which the peak is measured."""
N_REPEATS = 5
"""How often each is timed: the least counts."""


def peak_gflops() -> float:
    """Billions of operations a second of a large float32 product, on all devices at once."""
    square = normal(PEAK_SIZE, PEAK_SIZE)
    return 2e-9 * PEAK_SIZE**3 / seconds_each(jnp.matmul, square, square)


def normal(*size: int) -> np.ndarray:
    """Normal numbers, float32, the same each time."""
    return np.random.default_rng(0).normal(size=size).astype(np.float32)


def seconds_each(function: Callable[..., Any], *arguments: np.ndarray) -> float:
    """The least of some times of a function that all devices compute at once, over their number."""
    placed = [jax.device_put(arguments, device) for device in jax.local_devices()]
    compiled = jax.jit(function)
    seconds = [_taken(lambda: [compiled(*each) for each in placed]) for _ in range(N_REPEATS + 1)]
    return min(seconds[1:]) / len(placed)


def _taken(run: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - begun
