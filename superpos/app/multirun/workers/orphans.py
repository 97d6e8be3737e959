"""Jobs of submitit whose driver was killed: noted when they may begin, and ended by the next one.

Which jobs those are is noted in a folder of the user's own: a note in the folder of a multirun
could be written by whoever made that, and would have jobs of the user's ended.
"""

import hashlib
import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from superpos.store import files
from superpos.store.files import StoreError

JOB = re.compile(r"(\d+)_submitted\.pkl")
PATIENCE_SECONDS = 120.0
"""Slurm kills a job half a minute after it was asked to end."""
POLL_SECONDS = 2.0


def note(multirun: Path, jobs: Path, cluster: str) -> None:
    """Note that a multirun may have jobs, before it has any.

    Args:
        multirun: its folder.
        jobs: the folder in which submitit keeps those of this command.
        cluster: such as "slurm" or "local".

    Raises:
        OSError: nothing can be noted.
    """
    path = _note_of(multirun)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    host = socket.gethostname()
    files.write_json(path, {"jobs": str(jobs), "cluster": cluster, "host": host})


def forget(multirun: Path) -> None:
    """All jobs of the multirun have ended."""
    _note_of(multirun).unlink(missing_ok=True)


def end(multirun: Path) -> int:
    """End the jobs that an earlier command has left, so that no two train the same members.

    Args:
        multirun: its folder, held by this process, so that no other has jobs for it.

    Returns:
        How many there were.

    Raises:
        StoreError: they cannot be ended from here; one line.
    """
    found = files.read_json(_note_of(multirun))
    if found is None:
        return 0
    jobs = Path(found["jobs"])
    if found["cluster"] == "local":
        n_ended = _end_local(multirun, jobs, found["host"])
    else:
        n_ended = _end_on_cluster(multirun, jobs, found["cluster"])
    forget(multirun)
    return n_ended


def _end_local(multirun: Path, jobs: Path, host: str) -> int:
    """Kill the processes of this machine that submitit started for a folder."""
    if host != socket.gethostname():
        if not [*_unfinished(jobs)]:
            return 0
        raise _refusal(multirun, f"jobs of an earlier command may run on {host}")
    processes = [each for each in psutil.process_iter(["cmdline"]) if _is_of(each, jobs)]
    for each in processes:
        each.kill()
    if psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)[1]:
        raise _refusal(multirun, "processes of an earlier command do not end")
    return sum("submitit.core._submit" in each.info["cmdline"] for each in processes)


def _is_of(process: Any, jobs: Path) -> bool:
    command = process.info["cmdline"] or []
    return str(jobs) in command and any(word.startswith("submitit.") for word in command)


def _end_on_cluster(multirun: Path, jobs: Path, cluster: str) -> int:
    """Cancel the jobs that submitit has sent for a folder, and wait until they have ended."""
    from submitit.core import plugins

    job_class = plugins.get_executors()[cluster].job_class
    left = [job_class(jobs, number) for number in _unfinished(jobs)]
    try:
        left = [job for job in left if not job.done(force_check=True)]
        for job in left:
            job.cancel(check=False)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while running := [job for job in left if not job.done(force_check=True)]:
            if time.monotonic() > deadline:
                raise _refusal(multirun, f"job {running[0].job_id} of an earlier one does not end")
            time.sleep(POLL_SECONDS)
    except OSError as error:
        raise _refusal(multirun, f"jobs of an earlier command may run ({error})") from None
    return len(left)


def _unfinished(jobs: Path) -> Iterator[str]:
    """Numbers of the jobs that have left no result."""
    for path in jobs.iterdir() if jobs.is_dir() else ():
        found = JOB.fullmatch(path.name)
        if found and not (jobs / f"{found[1]}_0_result.pkl").exists():
            yield found[1]


def _refusal(multirun: Path, why: str) -> StoreError:
    return StoreError(f"{multirun}: {why}; end them, then delete {_note_of(multirun)}")


def _note_of(multirun: Path) -> Path:
    """The file that says which jobs a multirun may have, whether it is there or not."""
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    name = hashlib.sha256(str(multirun.resolve()).encode()).hexdigest()[:16]
    return base / "superpos" / "jobs" / f"{name}.json"
