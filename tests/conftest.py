"""Strict JAX settings, repeatable properties and shared compiled programs for the whole suite."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import pytest
from hypothesis import settings
from jax._src import compiler

from superpos.app.extensions import VARIABLE
from superpos.app.startup import cache_folder

os.environ[VARIABLE] = "experiments"  # of this process and of those that tests start
sys.dont_write_bytecode = False  # rewriting the asserts of all tests takes 3 seconds: it is kept
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)
jax.config.update("jax_default_matmul_precision", "highest")  # as conf/ has it; a GPU would not

CACHE_OPTIONS = {
    "jax_persistent_cache_min_compile_time_secs": 0.0,
    "jax_persistent_cache_min_entry_size_bytes": -1,
}
MOST_CACHE_BYTES = 2**30

settings.register_profile("suite", deadline=None, derandomize=True, max_examples=25)
settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """Each program is compiled once, by whichever worker or process comes first, and kept.

    It is kept in the user's cache folder for the next run and other checkouts, until the folder has
    grown past MOST_CACHE_BYTES; or in JAX_COMPILATION_CACHE_DIR, where that is set.
    """
    named = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    folder = Path(named) if named else cache_folder().with_name("xla-of-tests")
    try:
        if not named and not hasattr(config, "workerinput") and n_bytes(folder) > MOST_CACHE_BYTES:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:  # as in a home that cannot be written to
        return
    for name, value in {"jax_compilation_cache_dir": str(folder), **CACHE_OPTIONS}.items():
        jax.config.update(name, value)
        os.environ[name.upper()] = str(value)  # for the processes that tests start
    # JAX writes an entry in place: one that is half written, as by a killed process, is no hit.
    quiet = [
        f"ignore:Error {w} persistent compilation cache:UserWarning" for w in ("reading", "writing")
    ]
    os.environ["PYTHONWARNINGS"] = ",".join(
        [*filter(None, [os.environ.get("PYTHONWARNINGS")]), *quiet]
    )


def n_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*"))


PAPERS = ("chen", "elhage", "gauge", "lecomte", "saes", "scherlis", "triggers")
IN_HASTE = (
    *("conf/", "faults/test_isolation.py", "superpos/evaluations/", "test_contract.py"),
    *("experiments/bench/", "superpos/app/report/", "superpos/app/test_runner.py"),
    *(
        f"superpos/{room}/"
        for room in ("data", "gauge", "interp", "losses", "metrics", "models", "optim", "saes")
    ),
    *(f"experiments/{paper}/" for paper in PAPERS),
)
"""Tests whose time is mostly that of compiling, and which hold for any way to compile."""
haste = jax.make_user_context(default_value=False)
"""Keeps what is compiled in haste apart from what is not, in JAX's own tables."""


@pytest.fixture(scope="module", autouse=True)
def compiled_in_haste(request: pytest.FixtureRequest) -> Iterator[None]:
    """Without most optimisations, in some modules; what users run is tested in all others.

    XLA's older way to emit loops compiles in two thirds of the time of the present one.
    """
    place = request.path.relative_to(Path(__file__).parent).as_posix()
    if not place.startswith(IN_HASTE):
        yield
        return
    options_of = compiler.get_compile_options

    def in_haste(*args: Any, **keywords: Any) -> Any:
        options = options_of(*args, **keywords)
        if jax.__version_info__ < (0, 11):  # later ones have no other way
            emitters = ("xla_cpu_use_fusion_emitters", False)
            options.env_option_overrides = [*options.env_option_overrides, emitters]
        return options

    with pytest.MonkeyPatch.context() as patch, haste(True):
        patch.setattr(compiler, "get_compile_options", in_haste)
        jax.config.update("jax_disable_most_optimizations", True)
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
