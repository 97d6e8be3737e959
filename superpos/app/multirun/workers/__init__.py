"""Where parts of a multirun are trained: in jobs of submitit, or as tasks of Ray.

Workers do not speak to each other: members are independent, and with jax.distributed the loss of
one process would end all others.
"""

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from superpos.app.multirun.workers.pool import WorkerPool
from superpos.app.multirun.workers.ray_tasks import ray_tasks
from superpos.app.multirun.workers.submitit_jobs import submitit_jobs
from superpos.arguments import Count, CountOrZero, did_you_mean
from superpos.components import problem_of

POOLS: dict[str, Callable[[Mapping[str, Any], Path], WorkerPool] | None] = {
    "local": None,
    "submitit": submitit_jobs,
    "ray": ray_tasks,
}


def wrong_options(options: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the settings of a launcher, a line each.

    Args:
        options: hydra.launcher.
    """
    name = options["engine"]
    if name not in POOLS:
        close = did_you_mean(str(name), POOLS)
        yield f"hydra.launcher.engine={name}: expected one of {', '.join(POOLS)}{close}"
    elif POOLS[name] is not None and importlib.util.find_spec(name) is None:
        yield (
            f"hydra.launcher.engine={name}: not installed, expected pip install 'superpos[{name}]'"
        )
    yield from problem_of("hydra.launcher.n_parts", options["n_parts"], Count)
    yield from problem_of("hydra.launcher.retries", options["retries"], CountOrZero)


def make_pool(options: Mapping[str, Any], folder: Path) -> WorkerPool | None:
    """The workers that a launcher asks for; None is this process.

    Args:
        options: hydra.launcher, of which nothing is wrong.
        folder: of the multirun.

    Raises:
        ConfigError: the pool does not take its own settings.
    """
    make = POOLS[options["engine"]]
    return None if make is None else make(options[options["engine"]], folder)
