"""Where parts of a multirun are trained: in jobs of submitit, or as tasks of Ray.

Workers do not speak to each other: members are independent, and with jax.distributed the loss of
one process would end all others.
"""

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from superpos.app.multirun.engines.protocol import Engine
from superpos.app.multirun.engines.ray_tasks import ray_tasks
from superpos.app.multirun.engines.submitit_jobs import submitit_jobs
from superpos.arguments import Count, CountOrZero, did_you_mean
from superpos.components import problem_of

ENGINES: dict[str, Callable[[Mapping[str, Any], Path], Engine] | None] = {
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
    if name not in ENGINES:
        close = did_you_mean(str(name), ENGINES)
        yield f"hydra.launcher.engine={name}: expected one of {', '.join(ENGINES)}{close}"
    elif ENGINES[name] is not None and importlib.util.find_spec(name) is None:
        yield (
            f"hydra.launcher.engine={name}: not installed, expected pip install 'superpos[{name}]'"
        )
    yield from problem_of("hydra.launcher.n_parts", options["n_parts"], Count)
    yield from problem_of("hydra.launcher.retries", options["retries"], CountOrZero)


def make_engine(options: Mapping[str, Any], folder: Path) -> Engine | None:
    """The engine that a launcher asks for; None is this process.

    Args:
        options: hydra.launcher, of which nothing is wrong.
        folder: of the multirun.

    Raises:
        ConfigError: the engine does not take its own settings.
    """
    make = ENGINES[options["engine"]]
    return None if make is None else make(options[options["engine"]], folder)
