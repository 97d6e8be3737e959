"""How a job is trained, wherever that is: the arguments of its sweep, and the settings of JAX."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax

from experiments.jobs import Job, spec_after
from superpos import random
from superpos.train.after import evaluate
from superpos.types import Key

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
        "assets": job.assets,
        **{name: engine[name] for name in settings},
    }


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
        evaluate(
            job.build,
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
