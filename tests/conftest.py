"""Strict JAX settings and repeatable properties for the whole suite."""

from collections.abc import Iterator
from typing import Any

import jax
import pytest
from hypothesis import settings

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)
jax.config.update("jax_default_matmul_precision", "highest")  # as conf/ has it; a GPU would not

settings.register_profile("suite", deadline=None, derandomize=True, max_examples=25)
settings.load_profile("suite")


@pytest.fixture
def x64() -> Iterator[None]:
    """Float64 for one test; a property takes `with jax.enable_x64(True)` in its body."""
    with jax.enable_x64(True):
        yield


@pytest.fixture(autouse=True)
def matmul_precision() -> Iterator[None]:
    """The precision of products is that of the process again after a test that ran a config."""
    config: Any = jax.config
    before = config.jax_default_matmul_precision
    yield
    if config.jax_default_matmul_precision != before:
        jax.config.update("jax_default_matmul_precision", before)
