"""What the command line costs: a multirun of tiny jobs under each launcher, and one short run."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
JOBS = {"vmap": 1000, "basic": 20, "joblib": 20}
"""Few jobs for the launchers that take a second and more for each."""
TARGET_SECONDS = 60.0
"""For the jobs of the vmap launcher, on two cores."""
STARTUP_SECONDS = 6.0
"""Target for a command that trains for about one second."""
TOY = (
    *("experiment=train", "fit.n_steps=20", "fit.log_every=20", "fit.batch_size=64"),
    *("model.n_hidden=2,3", "data.density=range(0.1,1.01,0.1)"),
)
"""Twenty jobs of two shapes, times the seeds."""


def launchers() -> Iterator[dict[str, Any]]:
    """Measure each launcher that is installed.

    Yields:
        Its name, the number of jobs, the seconds of the whole command, and those of a job.
    """
    for name, n_jobs in JOBS.items():
        if name == "joblib" and find_spec("hydra_plugins.hydra_joblib_launcher") is None:
            continue
        yield measure(name, n_jobs)


def measure(name: str, n_jobs: int) -> dict[str, Any]:
    """A row of `launchers`: so many jobs under one of them."""
    seconds = _seconds(name, n_jobs)
    return {
        "launcher": name,
        "jobs": n_jobs,
        "seconds": seconds,
        "seconds_per_job": seconds / n_jobs,
    }


def startup() -> float:
    """Seconds of a command whose training takes about one, when its programs are kept."""
    words = ("experiment=train", "fit.n_steps=10000", "data.density=0.1")
    _command(*words)
    return _command(*words)


def _seconds(launcher: str, n_jobs: int) -> float:
    """Time of a multirun; launchers other than vmap run with Hydra's own sweeper."""
    sweeper = "grid" if launcher == "vmap" else "basic"
    words = (f"hydra/launcher={launcher}", f"hydra/sweeper={sweeper}", *TOY)
    return _command("-m", *words, f"seed=range({n_jobs // 20})")


def _command(*words: str) -> float:
    """Seconds of a command in an empty folder."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "experiments", *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return time.perf_counter() - begun
