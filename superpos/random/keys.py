"""Keys of a generator that is chosen by name."""

from collections.abc import Hashable
from typing import Literal, get_args

import jax

from superpos.arguments import Seed, check_value
from superpos.random.threefry import THREEFRY13
from superpos.types import Key

Rng = Literal["threefry13", "threefry"]
"""Names of generators, as they stand in a config."""
RNGS: tuple[Rng, ...] = get_args(Rng)
"""All of these."""


def key(seed: int, *, rng: Rng = "threefry13") -> Key:
    """A typed key for every function of `jax.random`.

    Args:
        seed: an integer in [0, 2^32), not a tracer; JAX alone would wrap around in silence.
        rng: "threefry13", the fast generator, or "threefry", JAX's own threefry2x32.

    Returns:
        A key, (). Its `jax.random.key_data` is uint32 (2,).

    Raises:
        ArgumentError: the seed is out of range, or no generator has that name.
    """
    check_value("seed", seed, Seed)
    return jax.random.key(seed, impl=implementation(rng))


def implementation(rng: Rng) -> Hashable:
    """What `jax.random.key`, `key_dtype` and `wrap_key_data` take as `impl` for a generator.

    Raises:
        ArgumentError: no generator has that name.
    """
    check_value("rng", rng, Rng)
    return {"threefry13": THREEFRY13, "threefry": "threefry2x32"}[rng]
