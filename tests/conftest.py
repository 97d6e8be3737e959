"""Strict JAX settings and repeatable properties for the whole suite."""

from collections.abc import Iterator

import jax
import pytest
from hypothesis import settings

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)

settings.register_profile("suite", deadline=None, derandomize=True, max_examples=25)
settings.load_profile("suite")


@pytest.fixture
def x64() -> Iterator[None]:
    """Float64 for one test; a property takes `with jax.enable_x64(True)` in its body."""
    with jax.enable_x64(True):
        yield
