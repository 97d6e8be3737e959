"""Workers of submitit: each part is a job of a cluster, or a process of this machine."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from superpos.app.config.sweep_plan import ConfigError
from superpos.app.multirun import worker
from superpos.app.multirun.workers import orphans
from superpos.app.multirun.workers.pool import LostError, Payload, Sent, WorkerPool, first_line
from superpos.store import files

KEY = "hydra.launcher.submitit"
MINUTES = 24 * 60
"""How long a job may run unless told; submitit's own default is a few minutes."""


def wrong_settings(settings: Mapping[str, Any]) -> Iterator[str]:
    """What submitit does not take, in a line.

    Args:
        settings: as of `submitit_jobs`.
    """
    for name in ("nodes", "tasks_per_node"):
        if settings.get(name, 1) != 1:
            yield f"{KEY}.{name}={settings[name]}: expected 1; n_parts is the number of jobs"
            return
    try:
        with tempfile.TemporaryDirectory() as folder:
            _executor(settings, folder)
    except (ValueError, NameError, AssertionError, RuntimeError) as error:
        yield f"{KEY}: {first_line(error)}"


def submitit_jobs(settings: Mapping[str, Any], folder: Path) -> WorkerPool:
    """Make an executor of submitit.

    Args:
        settings: `cluster` ("slurm", "local", "debug", None for what is there) and `folder` of
            submitit.AutoExecutor; the rest are parameters of a job, such as slurm_partition;
            nothing is wrong with them.
        folder: of the multirun; submitit keeps its files in it unless told.

    Raises:
        ConfigError: nothing can be written to the folder.
    """
    from submitit.core import utils

    base = Path(settings.get("folder") or files.own(folder, "submitit")).absolute()
    try:
        base.mkdir(parents=True, exist_ok=True)
        # submitit's files are pickles: in a folder of its own it reads none that others made.
        own = Path(tempfile.mkdtemp(prefix="run-", dir=base))
        executor = _executor(settings, own)
        if executor.cluster != "debug":
            orphans.note(folder, own, executor.cluster)
    except OSError as error:
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


def _executor(settings: Mapping[str, Any], folder: Path | str) -> Any:
    import submitit

    own = ("cluster", "folder")
    executor = submitit.AutoExecutor(folder, settings.get("cluster"))
    parameters = {name: value for name, value in settings.items() if name not in own}
    executor.update_parameters(**{"timeout_min": MINUTES, **parameters})
    return executor


def _remove_empty(*folders: Path) -> None:
    with contextlib.suppress(OSError):
        for folder in folders:
            folder.rmdir()
