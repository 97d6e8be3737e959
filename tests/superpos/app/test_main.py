"""The program as a user runs it: exit codes, what it prints, and what survives being stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from superpos import __version__
from superpos.app.command import main
from superpos.app.train import measure as measuring
from superpos.arguments import ArgumentError
from superpos.train import store

ROOT = Path(__file__).resolve().parents[3]
TINY = ("fit.n_steps=4", "fit.log_every=2", "fit.batch_size=8", "evaluations.loss.batch_size=8")
LONG = (
    *("experiment=train", "fit.n_steps=60000", "fit.log_every=2000", "fit.batch_size=8"),
    *("evaluations.loss.batch_size=8", "sweep.seed={range:6}", "engine.chunk=1", "output_dir=out"),
)
"""Six chunks of about a second each."""
HOURS = (*LONG, "fit.n_steps=2000000000", "fit.log_every=2000000000")
"""One block that would run for hours."""


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Here = Callable[..., Done]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}


def command(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "experiments", *words]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(words), cwd=folder, env=environment(), capture_output=True, text=True, timeout=300
    )


@pytest.fixture
def here(
    as_new_process: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Here:
    """The same in this process, in the folder of the test."""

    def here(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["experiments", *words])
        code = main()
        return Done(code, *capsys.readouterr())

    return here


@contextmanager
def started(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A run in the background, which is gone afterwards whatever happens."""
    # A process whose parent ignores Ctrl-C would ignore it too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            command(words),
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(folder: Path, pattern: str, process: subprocess.Popen[str]) -> None:
    """Wait until a file is there, for at most two minutes."""
    for _ in range(2400):
        if list(folder.glob(pattern)):
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    pytest.fail(f"no {pattern} after two minutes")


def stop(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    """Send a signal; the exit code and stderr, which must come within five seconds."""
    start = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - start < 5
    return process.returncode, err


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of change of every file."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


@pytest.mark.slow
def test_a_run_and_the_same_again(tmp_path: Path) -> None:
    words = ("experiment=train", *TINY, "sweep.data.density=[0.5,1]", "output_dir=out")
    first = run(tmp_path, *words)
    assert (first.returncode, first.stderr) == (0, "")
    lines = first.stdout.splitlines()
    assert "figure  out/summary.png" in lines
    assert "page    out/index.html" in lines
    assert "train sweep: 2 models x 4 steps" in lines
    assert "2 of 2 models" in first.stdout
    assert lines.index("train: measuring, judging the claims, drawing") < lines.index(
        "figure  out/summary.png"
    )
    out = tmp_path / "out"
    assert {"index.html", "summary.png", "claims.json", "config.yaml"} <= set(os.listdir(out))
    assert (store.open(out / "sweep")["status"] == "ok").all()

    before = files(out / "sweep")
    again = run(tmp_path, *words)
    assert (again.returncode, again.stderr) == (0, "")
    assert files(out / "sweep") == before
    assert "found on disk" in again.stdout
    assert "compiling" not in again.stdout
    assert "2 models, found on disk" in (out / "index.html").read_text()


@pytest.mark.slow
def test_a_multirun_is_a_folder_for_each_job(here: Here, tmp_path: Path) -> None:
    words = ("-m", "experiment=train", "model.n_hidden=1,2", *TINY)
    done = here(*words)
    assert (done.returncode, done.stderr) == (0, "")
    folders = sorted(path.parent for path in (tmp_path / "outputs" / "train").rglob("index.html"))
    assert len(folders) == 2
    sizes = [store.open(folder / "sweep").sizes["hidden"] for folder in folders]
    assert sorted(sizes) == [1, 2]
    assert all(str(folder.relative_to(tmp_path)) in done.stdout for folder in folders)
    again = here(*words)
    assert again.returncode == 0
    assert again.stdout.count("found on disk") == 2


@pytest.mark.slow
def test_a_job_that_is_refused_does_not_stop_the_others(here: Here, tmp_path: Path) -> None:
    done = here("-m", "experiment=train", "model.n_hidden=0,2", *TINY)
    assert done.returncode == 2
    assert done.stderr == "superpos: model.n_hidden=0: expected an integer in [1, 2147483647]\n"
    [page] = (tmp_path / "outputs" / "train").rglob("index.html")
    assert store.open(page.parent / "sweep").sizes["hidden"] == 2


@pytest.mark.slow
def test_jobs_of_a_multirun_do_not_share_a_folder(here: Here, tmp_path: Path) -> None:
    """The second finds the sweep of the first there, and is refused in one line."""
    words = ("-m", "experiment=train", "model.n_hidden=1,2", "output_dir=out", *TINY)
    done = here(*words)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("superpos: out")
    assert store.open(tmp_path / "out" / "sweep").sizes["hidden"] == 1


@pytest.mark.slow
def test_an_analysis_that_refuses_is_one_line(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(datasets: Any) -> None:
        del datasets
        raise ArgumentError("analysis.rows=9: expected less")

    monkeypatch.setattr(measuring, "measure", measure)
    done = here("experiment=train", *TINY, "sweep.seed=[0]", "output_dir=out")
    assert done.returncode == 2 and (tmp_path / "out" / "sweep" / "sweep.json").exists()
    assert done.stderr == "superpos: analysis.rows=9: expected less\n"


@pytest.mark.slow
def test_members_that_diverged_are_exit_code_3(here: Here, tmp_path: Path) -> None:
    words = ("experiment=train", "optim=sgd", "sweep.optim.learning_rate=[0.01,1e38]", *TINY)
    done = here(*words, "output_dir=out")
    assert (done.returncode, done.stderr) == (3, "")
    [line] = [line for line in done.stdout.splitlines() if line.startswith("failed")]
    assert "learning_rate=1e+38" in line and "diverged@" in line
    assert (tmp_path / "out" / "index.html").exists()


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished_and_the_same_command_goes_on(tmp_path: Path) -> None:
    chunks = tmp_path / "out" / "sweep" / "chunks"
    with started(tmp_path, *LONG) as process:
        wait_for(chunks, "*.chunk", process)
        code, err = stop(process, signal.SIGINT)
    assert code == 130
    assert err == (
        "superpos: stopped; what is finished is kept, and the same command again goes on\n"
    )
    kept = {name: file for name, file in files(chunks).items() if name.endswith(".chunk")}
    assert 1 <= len(kept) < 6
    assert not (tmp_path / "out" / "index.html").exists()

    done = run(tmp_path, *LONG)
    assert (done.returncode, done.stderr) == (0, "")
    after = files(chunks)
    assert len(after) == 6
    assert {name: after[name] for name in kept} == kept
    assert (store.open(tmp_path / "out" / "sweep")["status"] == "ok").all()
    assert f"{6 - len(kept)} models in" in (tmp_path / "out" / "index.html").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"]
)
def test_a_block_that_would_run_for_hours_is_stopped_at_once(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with started(tmp_path, *HOURS) as process:
        wait_for(tmp_path, "out/sweep/sweep.json", process)  # written once it is compiled
        if number == signal.SIGINT:
            check_that_another_is_refused(tmp_path, process)
        found, err = stop(process, number)
    assert found == code
    assert [line.split(";")[0] for line in err.splitlines()] == ["superpos: stopped"]
    assert list((tmp_path / "out" / "sweep" / "chunks").iterdir()) == []


def check_that_another_is_refused(folder: Path, process: subprocess.Popen[str]) -> None:
    """A second run in the folder is told who is there, and harms nothing."""
    before = files(folder / "out" / "sweep")
    second = run(folder, *HOURS)
    assert second.returncode == 2
    assert second.stderr == f"superpos: out/sweep: in use by process {process.pid}\n"
    assert process.poll() is None
    assert files(folder / "out" / "sweep") == before


@pytest.mark.slow
def test_help_says_how_to_run_an_experiment(here: Here, tmp_path: Path) -> None:
    done = here("--help")
    assert done.returncode == 0
    assert "experiment" in done.stdout and "elhage" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_version_is_that_of_superpos(here: Here) -> None:
    done = here("--version")
    assert (done.returncode, done.stdout) == (0, f"superpos {__version__}\n")


def test_a_word_that_is_no_command_is_told_those_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["exprt", "outputs/mine", "mine.csv"]) == 2
    expected = "exprt: expected key=value, or one of claims, report, export, triggers"
    assert expected in capsys.readouterr().err.replace("\n", " ")
