"""Ctrl-C and SIGTERM in every phase of a command; tests/experiments has those of long blocks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PHASES = ["validate", "compile", "train", "commit", "report"]
ONCE = [(phase, [name]) for phase in PHASES for name in ("SIGINT", "SIGTERM")]
TWICE = [(phase, ["SIGINT", "SIGINT"]) for phase in ("train", "commit")]
CASES = ONCE + TWICE
SAID = "superpos: stopped; what is finished is kept, and the same command again goes on"


@pytest.fixture(scope="module")
def ends(tmp_path_factory, cache_folder):
    """Case -> how the command that was stopped ended, and the same command again."""
    folder = tmp_path_factory.mktemp("stopped")
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.stopper", str(folder), json.dumps(CASES)],
        cwd=ROOT,
        env={
            **os.environ,
            "JAX_COMPILATION_CACHE_DIR": str(cache_folder / "stopped"),
            "JAX_NUM_CPU_DEVICES": "1",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return {(phase, *names): end for (phase, names), end in zip(CASES, found, strict=True)}


@pytest.mark.parametrize(("phase", "names"), ONCE, ids=lambda value: "".join(value))
def test_a_signal_stops_the_command_and_the_same_again_finishes(ends, phase, names):
    stopped, again = ends[phase, *names]
    assert stopped["code"] == {"SIGINT": 130, "SIGTERM": 143}[names[0]]
    assert stopped["stderr"].splitlines() == [SAID]
    assert len(stopped["chunks"]) == (3 if phase == "report" else 0)
    assert stopped["tmp"] == []
    assert_finished(stopped, again)


def assert_finished(stopped, again):
    """That a stopped command left nothing half, and the same again lost and repeated nothing."""
    assert (stopped["sound"], stopped["page"]) == (True, False)
    assert (again["code"], again["stderr"]) == (0, "")
    assert (again["sound"], again["tmp"], again["page"]) == (True, [], True)
    assert len(again["chunks"]) == 3
    assert {name: again["chunks"][name] for name in stopped["chunks"]} == stopped["chunks"]


@pytest.mark.parametrize(("phase", "names"), TWICE, ids=["train", "commit"])
def test_a_second_ctrl_c_leaves_nothing_half(ends, phase, names):
    assert_finished(*ends[phase, *names])


def test_a_second_ctrl_c_while_the_first_is_reported_is_no_traceback(ends):
    stopped, _ = ends["train", "SIGINT", "SIGINT"]
    assert (stopped["code"], stopped["stderr"].splitlines()) == (130, [SAID])
