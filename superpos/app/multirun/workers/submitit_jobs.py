"""Workers of submitit: each part is a job of a cluster, or a process of this machine."""

import contextlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from superpos.app.config.sweep_plan import ConfigError
from superpos.app.multirun import worker
from superpos.app.multirun.workers.pool import LostError, Payload, Sent, WorkerPool, first_line
from superpos.store import files

KEY = "hydra.launcher.submitit"
MINUTES = 24 * 60
"""How long a job may run unless told; submitit's own default is a few minutes."""


def submitit_jobs(settings: Mapping[str, Any], folder: Path) -> WorkerPool:
    """Make an executor of submitit.

    Args:
        settings: `cluster` ("slurm", "local", "debug", None for what is there) and `folder` of
            submitit.AutoExecutor; the rest are parameters of a job, such as slurm_partition.
        folder: of the multirun; submitit keeps its files in it unless told.

    Raises:
        ConfigError: submitit does not take the settings.
    """
    import submitit
    from submitit.core import utils

    parameters = {"timeout_min": MINUTES, **settings}
    cluster = parameters.pop("cluster", None)
    base = Path(parameters.pop("folder", None) or files.own(folder, "submitit"))
    for name in ("nodes", "tasks_per_node"):
        if parameters.get(name, 1) != 1:
            text = f"{KEY}.{name}={parameters[name]}: expected 1; n_parts is the number of jobs"
            raise ConfigError([text])
    try:
        base.mkdir(parents=True, exist_ok=True)
        # submitit's files are pickles: in a folder of its own it reads none that others made.
        own = Path(tempfile.mkdtemp(prefix="run-", dir=base))
        executor = submitit.AutoExecutor(own, cluster)
        executor.update_parameters(**parameters)
    except (OSError, ValueError, NameError, AssertionError, RuntimeError) as error:
        raise ConfigError([f"{KEY}: {first_line(error)}"]) from None
    function = worker.train if executor.cluster == "debug" else worker.train_alone

    def submit(part: Payload) -> Sent:
        try:
            job = executor.submit(function, part)
        except (OSError, utils.FailedSubmissionError) as error:
            raise LostError(f"{KEY}: {first_line(error)}") from None
        return Sent(job.done, lambda: result(job), lambda: job.cancel(check=False))

    def result(job: Any) -> str | None:
        try:
            return job.result()
        except (utils.UncompletedJobError, utils.FailedJobError):
            raise LostError(f"job {job.job_id} left no result, see {job.paths.stderr}") from None

    return WorkerPool(submit, lambda: _remove_empty(own, base))


def _remove_empty(*folders: Path) -> None:
    with contextlib.suppress(OSError):
        for folder in folders:
            folder.rmdir()
