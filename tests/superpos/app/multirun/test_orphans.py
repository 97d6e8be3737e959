"""Jobs that a killed driver has left, on this machine and on a cluster of faked commands."""

import subprocess
import sys

import psutil
import pytest
from submitit.slurm.slurm import SlurmJob

from superpos.app.multirun.workers import orphans
from superpos.train import StoreError

SCANCEL = """#!/bin/sh
echo "$1" >> {folder}/cancelled
"""
SACCT = """#!/bin/sh
echo "JobID|State|NodeList"
state=RUNNING
[ -e {folder}/cancelled ] && state={after}
echo "17|$state|node"
echo "18|COMPLETED|node"
"""


@pytest.fixture(autouse=True)
def _own_notes(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(orphans, "POLL_SECONDS", 0.01)


@pytest.fixture
def multirun(tmp_path):
    folder = tmp_path / "multirun"
    folder.mkdir()
    return folder


@pytest.fixture
def jobs(tmp_path):
    """The folder of two jobs, of which one has left a result."""
    folder = tmp_path / "jobs"
    folder.mkdir()
    for name in ("17_submitted.pkl", "18_submitted.pkl", "18_0_result.pkl", "other.pkl"):
        (folder / name).touch()
    return folder


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Commands of a cluster on which job 17 runs until it is cancelled."""

    def make(after="CANCELLED"):
        commands = tmp_path / "commands"
        commands.mkdir()
        for name, text in (("scancel", SCANCEL), ("sacct", SACCT)):
            (commands / name).write_text(text.format(folder=tmp_path, after=after))
            (commands / name).chmod(0o700)
        monkeypatch.setenv("PATH", f"{commands}:/usr/bin:/bin")
        SlurmJob.watcher.clear()  # it remembers the jobs of other tests
        return tmp_path / "cancelled"

    return make


def started(folder):
    """A process that is called as submitit calls those of its jobs, and does nothing."""
    words = ("submitit.core._submit", str(folder))
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)", *words])


def test_without_a_note_nothing_is_ended(multirun):
    assert orphans.end(multirun) == 0


def test_processes_of_the_multirun_are_ended_and_no_others(multirun, jobs, tmp_path):
    mine, other = started(jobs), started(tmp_path / "jobs of another")
    try:
        orphans.note(multirun, jobs, "local")
        assert orphans.end(multirun) == 1
        assert not psutil.pid_exists(mine.pid) or mine.wait(5) < 0
        assert other.poll() is None
        assert orphans.end(multirun) == 0
    finally:
        for each in (mine, other):
            each.kill()
            each.wait()


def test_what_is_forgotten_is_not_ended(multirun, jobs):
    orphans.note(multirun, jobs, "local")
    orphans.forget(multirun)
    assert orphans.end(multirun) == 0


def test_jobs_of_another_machine_are_named(multirun, jobs, monkeypatch):
    orphans.note(multirun, jobs, "local")
    monkeypatch.setattr(orphans.socket, "gethostname", lambda: "elsewhere")
    with pytest.raises(StoreError) as error:
        orphans.end(multirun)
    assert "jobs of an earlier command may run on " in str(error.value)
    assert len(str(error.value).splitlines()) == 1
    (jobs / "17_0_result.pkl").touch()
    assert orphans.end(multirun) == 0


def test_unfinished_jobs_of_a_cluster_are_cancelled(multirun, jobs, slurm):
    cancelled = slurm()
    orphans.note(multirun, jobs, "slurm")
    assert orphans.end(multirun) == 1
    assert cancelled.read_text() == "17\n"
    assert orphans.end(multirun) == 0


def test_a_job_that_does_not_end_is_named_and_stays_noted(multirun, jobs, slurm, monkeypatch):
    slurm(after="RUNNING")
    monkeypatch.setattr(orphans, "PATIENCE_SECONDS", 0.0)
    orphans.note(multirun, jobs, "slurm")
    for _ in range(2):
        with pytest.raises(StoreError, match="job 17 of an earlier one does not end; end them"):
            orphans.end(multirun)


def test_notes_are_of_the_user_alone(multirun, jobs):
    orphans.note(multirun, jobs, "local")
    [path] = (multirun.parent / "state/superpos/jobs").iterdir()
    assert path.parent.stat().st_mode & 0o077 == 0
    assert [*multirun.iterdir()] == []
