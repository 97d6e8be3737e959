"""A real sweep, killed and started again, moment after moment, and then let run to its end.

    python -m tests.faults.killer <folder> <moments as JSON>

prints as JSON what was on disk at each kill. Every run is a fork of this process, which has
imported JAX but never used it, so that a run starts in no time.
"""

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax

from superpos import data, models, optim
from superpos.evaluations import loss, superposition
from superpos.store import files
from superpos.train import FitSpec, Progress, sweep, training
from superpos.types import Training

AXES = {"density": [0.1, 0.2, 0.4, 0.7], "learning_rate": [1e-3, 1e-2, 3e-2], "seed": [0, 1]}
N_CHUNKS = 24
NAP = 0.05
"""Seconds that a block takes at least, so that there is time for a kill."""

Moment = list[Any]
"""["time", seconds after the start], ["chunk", seconds after there is a chunk more], or
["operation", name, "before" or "after"] where the second chunk is committed."""


def build(point: Mapping[str, Any], n_steps: int = 20, log_every: int = 10) -> Training:
    model = models.autoencoder(n_features=3, n_hidden=2)
    source = data.sparse_uniform(n_features=3, density=point["density"])
    return training(
        model=model,
        source=source,
        tx=optim.adam(learning_rate=point["learning_rate"]),
        evaluations={
            "loss": loss(model=model, source=source, batch_size=16),
            "superposition": superposition(),
        },
        spec=FitSpec(n_steps=n_steps, batch_size=16, log_every=log_every),
    )


def train(folder: Path, build: Callable[..., Training] = build, nap: float = 0.0) -> None:
    """The sweep, which takes its time."""

    def wait(report: Progress) -> None:
        del report
        time.sleep(nap)

    arguments = {"key": jax.random.key(0), "axes": AXES, "spec": {"n_features": 3}, "chunk": 1}
    sweep(build, store=folder, on_progress=wait, **arguments)


def start(folder: Path, nap: float, moment: Moment | None = None) -> int:
    """Train in a process of its own; its id."""
    child = os.fork()
    if child:
        return child
    try:
        if moment and moment[0] == "operation":
            _kill_at(*moment[1:])
        train(folder, nap=nap)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _kill_at(name: str, when: str) -> None:
    """Die at one file operation of the second chunk that is committed."""
    real, left = getattr(os, name), [2]

    def operation(*args: Any) -> Any:
        about = os.readlink(f"/proc/self/fd/{args[0]}") if name == "fsync" else str(args[0])
        left[0] -= ".chunk" in about
        result = real(*args) if when == "after" else None
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result if when == "after" else real(*args)

    setattr(os, name, operation)


def wait_for(moment: Moment, folder: Path, child: int) -> None:
    """Wait until it is time to kill a child."""
    kind, begun, before = moment[0], time.monotonic(), len(files.chunk_files(folder))
    ready = {
        "time": lambda: time.monotonic() - begun >= moment[1],
        "chunk": lambda: len(files.chunk_files(folder)) > before,
    }[kind]
    while not ready():
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended or time.monotonic() - begun > 120:
            raise RuntimeError(f"{moment}: it never came")
        time.sleep(0.001)
    if kind == "chunk":
        time.sleep(moment[1])


def chunks(folder: Path) -> dict[str, tuple[int, bytes]]:
    """When each chunk was written, and its content."""
    return {
        path.name: (path.stat().st_mtime_ns, path.read_bytes())
        for path in files.chunk_files(folder)
    }


def killed(folder: Path, moment: Moment | None) -> dict[str, Any]:
    """Start and kill, or let run to the end; what is on disk then."""
    before = chunks(folder)
    child = start(folder, NAP if moment else 0.0, moment)
    if moment and moment[0] != "operation":
        wait_for(moment, folder, child)
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    after = chunks(folder)
    return {
        "moment": moment,
        "code": code,
        "before": len(before),
        "after": len(after),
        "header": (folder / "sweep.json").exists(),
        "tmp": any(folder.rglob("*.tmp")),
        "rewritten": [name for name in before if after.get(name) != before[name]],
        "unsound": [name for name in after if not files.read_chunk(folder / "chunks" / name)],
    }


if __name__ == "__main__":
    moments = [*json.loads(sys.argv[2]), None]
    print(json.dumps([killed(Path(sys.argv[1]), moment) for moment in moments]))
