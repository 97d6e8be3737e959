"""How a job is trained, wherever that is: the arguments of its sweep, and the settings of JAX."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax

from superpos import random
from superpos.app.config.jobs import Job, spec_after
from superpos.engine.after import check_stage, evaluate, stage_spec
from superpos.engine.assets import identified
from superpos.engine.sweep import rooted
from superpos.train import sweep
from superpos.types import Key

if TYPE_CHECKING:
    import xarray

ROOT_SEED = 0
"""The root key of every experiment; members differ by their own seed, folded into it."""


def sweep_arguments(job: Job) -> dict[str, Any]:
    """What `superpos.train.sweep` is told of a job, but for where it is stored."""
    engine = job.config["engine"]
    settings = (
        "chunk",
        "memory_fraction",
        "checkpoint_seconds",
        "check_fragile",
        "allow_numerics_change",
    )
    return {
        "build": job.build,
        "key": root_key(job.config),
        "axes": job.axes,
        "zipped": job.zipped,
        "spec": job.spec,
        "assets": job.trained_with,
        **{name: engine[name] for name in settings},
    }


def train(job: Job, **settings: Any) -> "xarray.Dataset":
    """Train a job in the arithmetic that its config says.

    Args:
        job: what is trained.
        **settings: how, and where it is stored, as further arguments of `superpos.train.sweep`.

    Returns:
        What `sweep` returns.
    """
    set_precision(job.config)
    if settings.get("store") is not None:
        check_after(job, Path(settings["store"]))
    with arithmetic(job.config):
        return sweep(**sweep_arguments(job), **settings)


def check_after(job: Job, folder: Path) -> None:
    """Refuse what a job is to measure of stored members, before anything is trained for it.

    Raises:
        StoreError: the folder holds another evaluation of that name; one line.
    """
    trained = rooted(identified(job.spec, job.trained_with), root_key(job.config))
    for name, axes in job.over.items():
        spec = stage_spec(trained, spec_after(job.config, name), job.assets)
        check_stage(folder, name, spec, [*axes])


def measure_after(job: Job, folder: Path) -> None:
    """Make what a job measures of stored members, where it is not there yet.

    Args:
        job: whose members are stored.
        folder: of its sweep.

    Raises:
        StoreError: the folder holds another evaluation of that name; one line.
    """
    engine = job.config["engine"]
    for name, axes in job.over.items():
        with arithmetic(job.config):
            evaluate(
                job.build_later,
                store=folder,
                key=root_key(job.config),
                name=name,
                spec=spec_after(job.config, name),
                over=axes,
                assets=job.assets,
                chunk=engine["chunk"],
                memory_fraction=engine["memory_fraction"],
                allow_numerics_change=engine["allow_numerics_change"],
            )


def root_key(config: Mapping[str, Any]) -> Key:
    """The key that every member's seed is folded into."""
    return random.key(ROOT_SEED, rng=config["engine"]["rng"])


def set_precision(config: Mapping[str, Any]) -> None:
    """Compute products in the precision that the config says, from now on."""
    jax.config.update("jax_default_matmul_precision", config["engine"]["matmul_precision"])


def arithmetic(config: Mapping[str, Any]) -> AbstractContextManager[Any]:
    """Compute in float64 inside, where the config says so, and in float32 else."""
    return jax.enable_x64(config["engine"]["x64"])
