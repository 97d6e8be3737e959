"""The command line, stopped by a signal in each of its phases, and then the same command again.

    python -m tests.faults.stopper <folder> <cases as JSON>

A case is [phase, names of the signals]. Prints as JSON, for each case, the exit code and stderr of
both runs and what was on disk after each. Every run is a fork of this process, which has imported
everything but never used JAX.
"""

import json
import os
import runpy
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax

from superpos.app import progress, runner
from superpos.app.config import experiment
from superpos.store import files

WORDS = (
    *("experiment=train", "fit.n_steps=4", "fit.log_every=2", "fit.batch_size=8"),
    *("evaluations.loss.batch_size=8", "sweep.seed={range: 3}", "engine.chunk=1", "output_dir=out"),
    "engine.check_fragile=false",
)


def at_call(
    owner: Any, name: str, numbers: list[int], when: Callable[..., bool] = lambda *_: True
) -> None:
    """Let the first call of a function for which `when` holds send this process signals first."""
    real, left = getattr(owner, name), [*numbers]

    def function(*args: Any, **kwargs: Any) -> Any:
        if left and when(*args):
            os.kill(os.getpid(), left.pop(0))
        return real(*args, **kwargs)

    setattr(owner, name, function)


def of_chunk(*args: Any) -> bool:
    """Whether a file operation is about a chunk."""
    path = os.readlink(f"/proc/self/fd/{args[0]}") if isinstance(args[0], int) else str(args[0])
    return ".chunk" in path


def stop_in(phase: str, numbers: list[int]) -> None:
    """Send the first signal in a phase, and the second while the first is dealt with."""
    first, second = numbers[:1], numbers[1:]
    places = {
        "validate": (experiment, "bind"),
        "compile": (jax.stages.Lowered, "compile"),
        "train": (progress.Reporter, "__call__", lambda _, report: report.steps_done > 0),
        "commit": (os, "fsync", of_chunk),
        "report": (runner, "write_run"),
    }
    owner, name, *when = places[phase]
    at_call(owner, name, first, *when)
    if phase == "commit":
        at_call(os, "unlink", second, of_chunk)
    else:
        at_call(sys.stderr, "write", second)


def run(folder: Path, phase: str | None, numbers: list[int]) -> dict[str, Any]:
    """Run the command in a process of its own: its exit code, stderr and what is on disk."""
    out = folder / "stderr"
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["experiments", *WORDS]
        if phase:
            stop_in(phase, numbers)
        try:
            runpy.run_module("experiments", run_name="__main__")
        except SystemExit as end:
            os._exit(int(end.code or 0))
        except BaseException:
            traceback.print_exc()
            os._exit(99)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    chunks = files.chunk_files(folder / "out" / "sweep")
    return {
        "code": code,
        "stderr": out.read_text(),
        "chunks": {path.name: path.stat().st_mtime_ns for path in chunks},
        "sound": all(files.read_chunk(path) for path in chunks),
        "tmp": [str(path) for path in folder.rglob("*.tmp")],
        "page": (folder / "out" / "index.html").exists(),
    }


def main(folder: Path, cases: list[Any]) -> None:
    """Run every case."""
    ends = []
    for number, (phase, names) in enumerate(cases):
        place = folder / str(number)
        place.mkdir()
        numbers = [signal.Signals[name] for name in names]
        ends.append([run(place, phase, numbers), run(place, None, [])])
    print(json.dumps(ends))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
