"""Who may write: one process at a time, whoever asks, and whatever the one before left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from superpos.store import files
from superpos.train import StoreError, store
from tests.faults import simulator

ROOT = Path(__file__).resolve().parents[2]

START = """
import json, sys, time
from multiprocessing import get_context
from pathlib import Path
from superpos.train import StoreError
from tests.faults import simulator

def start(folder):
    together.wait()
    try:
        table = simulator.sweep(Path(folder), tell=lambda *_: time.sleep(0.1))
    except StoreError as error:
        return str(error)
    return f"{table.present.sum()} members"

context = get_context("fork")
together = context.Barrier(len(sys.argv) - 1)
with context.Pool(len(sys.argv) - 1) as pool:
    print(json.dumps(pool.map(start, sys.argv[1:], chunksize=1)))
"""


def started(script, *words):
    command = [sys.executable, "-c", script, *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def starts_at_once(*folders):
    """How each of some sweeps ended that were started at the same moment."""
    with started(START, *folders) as process:
        return json.loads(process.communicate(timeout=60)[0])


def is_right(folder):
    return (store.open(folder).W.values.reshape(-1, 50, 2) == simulator.expected()).all()


@pytest.mark.slow
def test_of_eight_starts_at_once_one_runs_and_seven_are_told(tmp_path):
    ends = starts_at_once(*[tmp_path / "sweep"] * 8)
    assert ends.count("24 members") == 1
    told = [end for end in ends if end.startswith(f"{tmp_path / 'sweep'}: in use by process")]
    assert len(told) == 7
    assert not any("\n" in end for end in told)
    assert is_right(tmp_path / "sweep")


@pytest.mark.slow
def test_sweeps_in_two_folders_do_not_wait_for_each_other(tmp_path):
    assert starts_at_once(tmp_path / "a", tmp_path / "b") == ["24 members"] * 2
    assert is_right(tmp_path / "a")
    assert is_right(tmp_path / "b")


HOLD = """
import sys, time
from pathlib import Path
from superpos.store.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
def test_a_lock_held_by_another_process_is_refused_until_it_is_killed(tmp_path, one_line):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout.readline() == "held\n"
            for _ in range(2):  # a refusal does not take the lock away
                with pytest.raises(StoreError) as refusal, files.locked(tmp_path):
                    pass
                assert one_line(refusal, str(tmp_path), f"process {holder.pid}")
        finally:
            holder.send_signal(signal.SIGKILL)
            holder.wait()
    with files.locked(tmp_path):
        assert (tmp_path / ".lock").read_text() == str(os.getpid())


@pytest.mark.parametrize("text", [b"123456789012345", b"1", b"", b"\xff\n\n", b"x" * 5000], ids=len)
def test_what_an_old_lock_says_does_not_matter(tmp_path, text):
    (tmp_path / ".lock").write_bytes(text)  # 1 is a process that lives
    with files.locked(tmp_path):
        assert (tmp_path / ".lock").read_text() == str(os.getpid())


@pytest.mark.slow
def test_a_reader_of_a_running_sweep_sees_more_and_more_right_members(tmp_path):
    folder, counts = tmp_path / "sweep", []
    expected = simulator.expected()
    with started(START, folder) as process:
        while process.poll() is None:
            if (folder / "sweep.json").exists():
                opened = store.open(folder)
                there = (opened.status == "ok").values.ravel()
                np.testing.assert_array_equal(
                    opened.W.values.reshape(-1, 50, 2)[there], expected[there]
                )
                counts.append(int(there.sum()))
    assert process.returncode == 0
    assert counts == sorted(counts)
    assert {*counts} <= {*range(0, 25, simulator.CHUNK)}
    assert len({*counts}) >= 4


@pytest.mark.slow
def test_a_reader_sees_only_whole_chunks(tmp_path):
    (tmp_path / "chunks").mkdir()
    # Many commits of the same chunk, and a reader that polls.
    script = f"""
import sys; sys.path[:0] = {sys.path!r}
import numpy as np
from pathlib import Path
from superpos.store import files
for value in range(300):
    files.write_chunk(Path({str(tmp_path)!r}), files.Rows(
        np.array([b"0123456789abcdef"]), {{"W": np.full((1, 1000), value, np.float32)}}))
"""
    with subprocess.Popen([sys.executable, "-c", script]) as writer:
        seen = set()
        while writer.poll() is None:
            for path in files.chunk_files(tmp_path):
                read = files.read_chunk(path)
                assert read is not None
                (value,) = {*read.arrays["W"].ravel()}
                seen.add(value)
            time.sleep(0.001)
    assert writer.returncode == 0
    assert len(seen) > 2
