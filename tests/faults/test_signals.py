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
CODES = {"SIGINT": 130, "SIGTERM": 143}
STOPPED_IN = {"SIGINT": PHASES, "SIGTERM": ["train", "commit"]}
"""Both are handled by the same lines, so that each phase is tried once."""
SAID = "superpos: stopped; what is finished is kept, and the same command again goes on"


def ends(folder, cases):
    """How each command that was stopped ended, and the same command again."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.stopper", str(folder), json.dumps(cases)],
        cwd=ROOT,
        env={**os.environ, "JAX_NUM_CPU_DEVICES": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def assert_finished(stopped, again):
    """That a stopped command left nothing half, and the same again lost and repeated nothing."""
    assert (stopped["sound"], stopped["page"]) == (True, False)
    assert (again["code"], again["stderr"]) == (0, "")
    assert (again["sound"], again["tmp"], again["page"]) == (True, [], True)
    assert len(again["chunks"]) == 3
    assert {name: again["chunks"][name] for name in stopped["chunks"]} == stopped["chunks"]


@pytest.mark.parametrize("name", CODES)
def test_a_signal_stops_the_command_and_the_same_again_finishes(tmp_path, name):
    phases = STOPPED_IN[name]
    found = ends(tmp_path, [(phase, [name]) for phase in phases])
    for phase, (stopped, again) in zip(phases, found, strict=True):
        assert (phase, stopped["code"]) == (phase, CODES[name])
        assert (phase, *stopped["stderr"].splitlines()) == (phase, SAID)
        assert len(stopped["chunks"]) == (3 if phase == "report" else 0), phase
        assert stopped["tmp"] == [], phase
        assert_finished(stopped, again)


def test_a_second_ctrl_c_leaves_nothing_half_and_is_no_traceback(tmp_path):
    cases = [(phase, ["SIGINT", "SIGINT"]) for phase in ("train", "commit")]
    for stopped, again in ends(tmp_path, cases):
        assert (stopped["code"], stopped["stderr"].splitlines()) == (130, [SAID])
        assert_finished(stopped, again)
