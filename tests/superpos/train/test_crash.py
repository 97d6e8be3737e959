import os
import signal
import subprocess
import sys
import time

import pytest

from superpos.train import files, store

pytestmark = pytest.mark.slow

AXES = {"density": [0.1, 0.2, 0.4, 0.7], "learning_rate": [1e-3, 1e-2, 3e-2], "seed": [0, 1]}
N_CHUNKS = 24

SWEEP = """
import os, signal, sys, time
from pathlib import Path
import jax
from superpos import data, models, optim
from superpos.probes import superposition
from superpos.train import FitSpec, files, sweep, training

axes, folder, n_steps, log_every, nap, kill, chunk = eval(sys.argv[1])

def build(point):
    model = models.autoencoder(n_features=3, n_hidden=2)
    source = data.sparse_uniform(n_features=3, density=point["density"])
    return training(
        model=model,
        source=source,
        tx=optim.adam(learning_rate=point["learning_rate"]),
        probe=superposition(model=model, source=source, batch_size=16),
        spec=FitSpec(n_steps=n_steps, batch_size=16, log_every=log_every),
    )

if kill:  # at one file operation of the second commit of a chunk, before or after it
    name, when = kill
    real, n_left = getattr(os, name), [2]

    def operation(*args):
        about = os.readlink(f"/proc/self/fd/{args[0]}") if name == "fsync" else str(args[0])
        n_left[0] -= ".chunk" in about
        if when == "after":
            real(*args)
        if n_left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if when == "before":
            real(*args)

    setattr(os, name, operation)

try:
    sweep(build, key=jax.random.key(0), axes=axes, store=folder, spec={"n_features": 3},
          chunk=chunk, on_progress=lambda report: time.sleep(nap))
except KeyboardInterrupt:
    print("stopped", flush=True)
    os._exit(130)  # as the command line does: an ordinary exit waits for the block that runs
"""


@pytest.fixture
def start(cache_folder):
    """Start a sweep in a process of its own, which does not outlive the test."""
    started = []

    def start(folder, *, n_steps=20, log_every=10, nap=0.06, kill=None, chunk=1):
        arguments = (AXES, str(folder), n_steps, log_every, nap, kill, chunk)
        process = subprocess.Popen(
            [sys.executable, "-c", SWEEP, repr(arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "JAX_COMPILATION_CACHE_DIR": str(cache_folder / "crash"),
                "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
                "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
            },
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_until(condition, process, seconds=60):
    """Wait for something that a process is to do."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.002)


def test_a_sweep_killed_again_and_again_is_that_of_an_undisturbed_run(
    start, tmp_path, bits, snapshot
):
    undisturbed = start(tmp_path / "undisturbed", nap=0)
    assert undisturbed.wait(120) == 0, undisturbed.communicate()[1]
    folder = tmp_path / "killed"
    seen = {}

    def check(process, at_least):
        """That it died of the kill, got further than the one before, and rewrote nothing."""
        process.wait(60)
        assert process.returncode == -signal.SIGKILL, process.communicate()[1]
        now = snapshot(folder)
        assert at_least <= len(now) < N_CHUNKS
        assert {name: now[name] for name in seen} == seen
        assert all(files.read_chunk(folder / "chunks" / name) for name in now)
        assert (store.open(folder).status == "ok").sum() == len(now)
        seen.update(now)

    # From outside: so many chunks done, and then a while later.
    for n_chunks, seconds in ((1, 0.0), (2, 0.03), (3, 0.06), (4, 0.1), (5, 0.15)):
        n_chunks = max(n_chunks, len(seen) + 1)  # so there is progress between two kills
        process = start(folder)
        wait_until(lambda n=n_chunks: len(files.chunk_files(folder)) >= n, process)
        time.sleep(seconds)
        process.kill()
        check(process, n_chunks)
    # From inside: at a file operation of the second chunk that it commits.
    for kill, n_more in (
        (("fsync", "before"), 1),
        (("rename", "before"), 1),
        (("rename", "after"), 2),
    ):
        n_before = len(seen)
        check(start(folder, kill=kill), n_before + n_more)
        assert len(seen) == n_before + n_more
        assert any(folder.rglob("*.tmp")) == (kill != ("rename", "after"))
    last = start(folder, nap=0)
    assert last.wait(120) == 0, last.communicate()[1]
    after = snapshot(folder)
    assert len(after) == N_CHUNKS
    assert {name: after[name] for name in seen} == seen
    assert not any(folder.rglob("*.tmp"))
    assert not (folder / "quarantine").exists()
    assert bits(store.open(folder)) == bits(store.open(tmp_path / "undisturbed"))


def test_ctrl_c_during_a_long_block_stops_within_five_seconds(start, tmp_path):
    process = start(tmp_path, n_steps=5 * 10**7, log_every=5 * 10**7, chunk=2)
    wait_until((tmp_path / "sweep.json").exists, process)
    time.sleep(1.0)  # the header is written before the first block, which would take minutes
    assert process.poll() is None
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(30)
    assert time.monotonic() - begin < 5
    assert process.returncode == 130, process.communicate()[1]
    assert process.communicate()[0] == "stopped\n"
    assert files.chunk_files(tmp_path) == []
    with files.locked(tmp_path):
        assert store.open(tmp_path).status.values.ravel().tolist() == ["missing"] * 24
