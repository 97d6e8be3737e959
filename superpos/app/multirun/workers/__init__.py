"""Where parts of a multirun are trained: in jobs of submitit, or as tasks of Ray.

Workers do not speak to each other: members are independent, and with jax.distributed the loss of
one process would end all others.
"""

import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from superpos.app.multirun.workers import ray_tasks, submitit_jobs
from superpos.app.multirun.workers.pool import Engine, WorkerPool
from superpos.arguments import Count, CountOrZero, did_you_mean
from superpos.components import problem_of

ENGINES: dict[str, Engine | None] = {
    "local": None,
    "submitit": Engine(submitit_jobs.submitit_jobs, submitit_jobs.wrong_settings),
    "ray": Engine(ray_tasks.ray_tasks, ray_tasks.wrong_settings),
}


def wrong_options(options: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the settings of a launcher, a line each.

    Args:
        options: hydra.launcher.
    """
    name = options["engine"]
    engine = ENGINES.get(name)
    if name not in ENGINES:
        close = did_you_mean(str(name), ENGINES)
        yield f"hydra.launcher.engine={name}: expected one of {', '.join(ENGINES)}{close}"
    elif engine is not None and importlib.util.find_spec(name) is None:
        yield f"hydra.launcher.engine={name}: not installed; pip install 'superpos[{name}]'"
    elif engine is not None:
        yield from engine.wrong_settings(options[name])
    yield from problem_of("hydra.launcher.n_parts", options["n_parts"], Count)
    yield from problem_of("hydra.launcher.retries", options["retries"], CountOrZero)


def make_pool(options: Mapping[str, Any], folder: Path) -> WorkerPool | None:
    """The workers that a launcher asks for; None is this process.

    Args:
        options: hydra.launcher, of which nothing is wrong.
        folder: of the multirun.

    Raises:
        ConfigError: the pool cannot write to its folder.
    """
    name = options["engine"]
    engine = ENGINES[name]
    return None if engine is None else engine.make(options[name], folder)
