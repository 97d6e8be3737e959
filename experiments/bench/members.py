"""What a sweep of many short runs costs, its store included: time, memory, room and opening it.

`python -m experiments.bench.members N` trains N autoencoders 5→2 for 100 updates, 100 densities by
N / 100 seeds, in one sweep with a store, and prints what it took as JSON. Each number of members is
measured in a process of its own, as its memory is a peak.
"""

import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.bench import machine, ours
from experiments.bench.cases import Case
from superpos import random, store
from superpos.engine.sweep import sweep
from superpos.engine.work import Progress

MEMBERS = (1_000, 10_000, 100_000)
N_DENSITIES, N_STEPS = 100, 100
TOLERANCE = 0.1
"""How far from linear the time may grow."""
MIB = 2**20


def members() -> Iterator[dict[str, Any]]:
    """Measure each number of members: what `measured` gives."""
    for n in MEMBERS:
        command = [sys.executable, "-m", "experiments.bench.members", str(n)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        yield json.loads(done.stdout.splitlines()[-1])


def measured(n_members: int) -> dict[str, Any]:
    """One sweep.

    Args:
        n_members: a multiple of N_DENSITIES.

    Returns:
        n_members; seconds of the call, and of it those before the first block is done, which are
        above all compiling; peak MiB beyond those of a sweep of a few members; MiB and files of the
        store; and seconds of `store.open`.
    """
    begun: list[float] = []

    def progress(at: Progress) -> None:
        if at.steps_done and not begun:
            begun.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        _swept(N_DENSITIES, Path(folder) / "few")
        before = machine.resident_peak()
        start, path = time.perf_counter(), Path(folder) / "many"
        _swept(n_members, path, progress)
        end = time.perf_counter()
        peak = machine.resident_peak()
        sizes = [each.stat().st_size for each in path.rglob("*") if each.is_file()]
        opening = time.perf_counter()
        store.open(path)
        opened = time.perf_counter()
    return {
        "members": n_members,
        "seconds": end - start,
        "compile_s": begun[0] - start,
        "peak_mib": (peak - before) / MIB,
        "store_mib": sum(sizes) / MIB,
        "files": len(sizes),
        "open_s": opened - opening,
    }


def _swept(n_members: int, path: Path, progress: Any = None) -> None:
    sweep(
        ours.build_of(Case(5, 2, n_members), N_STEPS, N_STEPS, "xla"),
        key=random.key(0),
        axes={
            "density": np.logspace(-2, 0, N_DENSITIES).tolist(),
            "seed": range(n_members // N_DENSITIES),
        },
        store=path,
        spec={"bench": "members"},
        on_progress=progress,
    )


def training_us(row: Mapping[str, Any]) -> float:
    """Microseconds of a model-step, without compiling."""
    return 1e6 * (row["seconds"] - row["compile_s"]) / (row["members"] * N_STEPS)


def linear(rows: Sequence[Mapping[str, Any]]) -> float:
    """By what factor the most members take longer than in proportion to the fewest."""
    return training_us(rows[-1]) / training_us(rows[0])


def planned(rows: Sequence[Mapping[str, Any]], n_members: int) -> dict[str, float]:
    """What more members than were measured would take, by how the last two rows grow.

    Returns:
        seconds, MiB of memory and of the store, and seconds to open it.
    """
    before, last = rows[-2:]
    ratio = math.log(n_members / last["members"]) / math.log(last["members"] / before["members"])
    return {
        name: last[name] * (last[name] / before[name]) ** ratio
        for name in ("seconds", "peak_mib", "store_mib", "open_s")
    }


if __name__ == "__main__":
    machine.set_up()
    print(json.dumps(measured(int(sys.argv[1]))))
