"""A real sweep, killed again and again, is that of an undisturbed run bit for bit."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from superpos.store import files
from superpos.train import store
from tests.faults.killer import N_CHUNKS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
COMMIT = [
    ["operation", "fsync", "before"],
    *[["operation", "rename", w] for w in ("before", "after")],
]
MOMENTS = [
    *[["time", seconds] for seconds in (0.0, 0.1, 0.3, 0.6)],
    *[["chunk", seconds] for seconds in (0.0, 0.04, 0.1)],
    *COMMIT,
]


def kill(folder, moments):
    """What was on disk at each kill, and at the end."""
    command = [sys.executable, "-m", "tests.faults.killer", str(folder), json.dumps(moments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The sweep that nothing killed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    kill(folder, [])
    return store.open(folder)


def test_a_sweep_killed_again_and_again_is_that_of_an_undisturbed_run(undisturbed, tmp_path, bits):
    folder = tmp_path / "killed"
    *kills, last = kill(folder, MOMENTS)
    assert {record["code"] for record in kills} == {-signal.SIGKILL}
    assert len(kills) == len(MOMENTS)
    # Each got at least as far as the one before; none but the last to the end.
    numbers = [record["after"] for record in kills]
    assert numbers == sorted(numbers)
    assert numbers[-1] < N_CHUNKS
    assert len(set(numbers)) >= len(MOMENTS) / 2
    assert not any(record["header"] for record in kills[:1])  # the first was not even compiled
    assert any(record["tmp"] for record in kills)  # and some were writing
    assert (last["code"], last["after"]) == (0, N_CHUNKS)
    assert not any(record["rewritten"] or record["unsound"] for record in [*kills, last])
    assert not last["tmp"]
    assert not (folder / "quarantine").exists()
    assert bits(store.open(folder)) == bits(undisturbed)


HOURS = """
import functools, os, signal, sys
from tests.faults import killer
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the parent ignores
n_steps = 5 * 10**7
try:
    killer.train(sys.argv[1], functools.partial(killer.build, n_steps=n_steps, log_every=n_steps))
except KeyboardInterrupt:
    print("stopped", flush=True)
    os._exit(130)  # as the command line does: an ordinary exit waits for the block that runs
"""


def test_ctrl_c_during_a_long_block_stops_within_five_seconds(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOURS, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            while not (tmp_path / "sweep.json").exists():
                assert process.poll() is None
                time.sleep(0.01)
            time.sleep(1.0)  # the header is written before the first block, which takes minutes
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=30)[0] == "stopped\n"
            assert time.monotonic() - begin < 5
            assert process.returncode == 130
        finally:
            process.kill()
    assert files.chunk_files(tmp_path) == []
    with files.locked(tmp_path):
        assert store.open(tmp_path).status.values.ravel().tolist() == ["missing"] * N_CHUNKS
