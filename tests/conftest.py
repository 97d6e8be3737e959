"""Strict JAX settings and repeatable properties for the whole suite."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import pytest
from hypothesis import settings

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)
jax.config.update("jax_default_matmul_precision", "highest")  # as conf/ has it; a GPU would not

settings.register_profile("suite", deadline=None, derandomize=True, max_examples=25)
settings.load_profile("suite")


PAPERS = ("chen", "elhage", "gauge", "lecomte", "scherlis")
IN_HASTE = (
    *("conf", "superpos/gauge"),
    *(f"experiments/{paper}" for paper in PAPERS),
)
"""Tests whose time is mostly that of compiling, and which hold for any way to compile."""


@pytest.fixture(scope="module", autouse=True)
def compiled_in_haste(request: pytest.FixtureRequest) -> Iterator[None]:
    """Without most optimisations, in some modules; what users run is tested in all others."""
    place = request.path.relative_to(Path(__file__).parent).as_posix()
    jax.config.update("jax_disable_most_optimizations", place.startswith(IN_HASTE))
    yield
    jax.config.update("jax_disable_most_optimizations", False)


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
