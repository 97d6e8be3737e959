"""Workers of Ray: each part is a task."""

import os
import signal
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from superpos.app.multirun import worker
from superpos.app.multirun.workers.pool import LostError, Payload, Sent, WorkerPool, first_line

KEY = "hydra.launcher.ray"
QUIET = {"include_dashboard": False, "log_to_driver": False, "logging_level": "error"}


def ray_tasks(settings: Mapping[str, Any], folder: Path) -> WorkerPool:
    """Connect to a Ray cluster, or start one on this machine, with the first part.

    Args:
        settings: `remote` is what a task asks for, such as num_gpus; the rest is for ray.init.
        folder: not used.
    """
    del folder
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    from ray.exceptions import RayError, RayTaskError

    arguments = {**QUIET, **settings}
    wanted = {"scheduling_strategy": "SPREAD", **arguments.pop("remote", {})}

    def submit(part: Payload) -> Sent:
        try:
            if not ray.is_initialized():
                _start(ray.init, arguments)
            # A process serves one task: JAX can be set up once, and keeps the memory of a device.
            task = ray.remote(max_calls=1, max_retries=0, **wanted)(worker.train_alone)
            reference = task.remote(part)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise LostError(f"{KEY}: {first_line(error)}") from None
        future = reference.future()  # ray.wait would take SIGTERM for Ctrl-C
        return Sent(
            done=future.done,
            result=lambda: result(future),
            cancel=lambda: ray.cancel(reference, force=True),
        )

    def result(future: Future[str | None]) -> str | None:
        try:
            return future.result()
        except RayTaskError as error:  # a traceback
            raise LostError(str(error).strip().splitlines()[-1]) from None
        except RayError as error:
            raise LostError(first_line(error)) from None

    return WorkerPool(submit, ray.shutdown)


def _start(init: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Call ray.init, which replaces the handler of SIGTERM, and forks, of which JAX warns."""
    handler = signal.getsignal(signal.SIGTERM)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"os\.fork")
        init(**arguments)
    signal.signal(signal.SIGTERM, handler)
