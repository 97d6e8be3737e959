"""A fault at every single file operation of a sweep, and then the same sweep again."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMIT = ["open to write", "write", "fsync", "rename", "open", "fsync"]


def simulated(store, scenario="fresh"):
    """{fault: cases}, from a process of its own, for it forks."""
    fast = "/dev/shm" if os.path.isdir("/dev/shm") else None  # nothing here needs a real disk
    with tempfile.TemporaryDirectory(dir=fast, prefix="superpos-") as folder:
        command = [
            sys.executable,
            "-m",
            "tests.faults.simulator",
            f"{folder}/root",
            store,
            scenario,
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def found(cases):
    """How many cases have a problem of each kind."""
    return Counter(text.split(":")[0] for case in cases for text in case["problems"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "operations"),
    [
        ("fresh", COMMIT * 7),  # the header and six chunks
        pytest.param("grown", ["mkdir", "rename", *COMMIT * 6], marks=pytest.mark.slow),
        pytest.param("states", ["mkdir", *COMMIT, *COMMIT, "unlink"] * 2, marks=pytest.mark.slow),
    ],
    ids=["fresh", "grown", "states"],
)
def test_a_fault_at_any_operation_loses_and_repeats_nothing(scenario, operations):
    results = simulated("real", scenario)
    assert list(results) == ["kill", "cut", "zeros", "lost", "ENOSPC", "EIO"]
    for fault, cases in results.items():
        assert [case for case in cases if case["problems"]] == [], fault
        # It was a fault at every operation, with none, some and nearly all members finished.
        assert [case["at"] for case in cases] == [*range(len(cases))]
        assert " ".join(operations) in " ".join(case["operation"] for case in cases)
        assert len({case["n_finished"] for case in cases}) >= 5


# The test of the tests: what is known to be bad is found out.


@pytest.mark.slow
def test_a_store_that_writes_in_place_is_found_to_lose_members():
    cases = simulated("in place")
    assert found(cases["kill"])["lost"] >= 6
    assert found(cases["kill"])["silently wrong"] >= 3
    for fault in ("cut", "zeros"):
        assert found(cases[fault])["lost"] >= 10
    assert found(cases["lost"])["redone"] >= 5


@pytest.mark.slow
def test_a_store_that_syncs_nothing_is_found_out_when_the_power_goes():
    cases = simulated("unsynced")
    assert found(cases["kill"]) == {}  # a kill alone cannot tell it from the real one
    for fault in ("cut", "zeros"):
        assert found(cases[fault])["lost"] >= 10
        assert found(cases[fault])["silently wrong"] >= 5
    assert found(cases["lost"])["redone"] >= 10
