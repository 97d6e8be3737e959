"""What the environment says and the program cannot do is one line, and so is an early Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import pytest

from superpos.app import __main__ as program
from superpos.app import startup
from superpos.app.jobs import UsageError

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("value", ["abc", "", "0", "-1", "1.5", str(2**31)])
def test_a_number_of_threads_that_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    monkeypatch.setattr(program, "stop_at_once", lambda: None)
    monkeypatch.setenv("NPROC", value)
    assert program.console() == 2
    line = f"superpos: NPROC={value}: expected an integer in [1, 2147483647]\n"
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize("error", [RuntimeError("Unable to initialize"), AssertionError()])
def test_devices_that_are_not_there(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def devices() -> None:
        raise error

    monkeypatch.setattr(jax, "devices", devices)
    with pytest.raises(UsageError, match=r"^JAX_PLATFORMS=.*: expected devices that are there"):
        startup.check_devices()


def start(folder: Path, **environment: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "experiments", "experiment=train", "output_dir=out"]
    # A process whose parent ignores Ctrl-C would ignore it too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"), [("JAX_PLATFORMS", "cuda"), ("JAX_ENABLE_X64", "abc"), ("NPROC", "abc")]
)
def test_a_variable_is_refused_from_a_shell(tmp_path: Path, name: str, value: str) -> None:
    process = start(tmp_path, **{name: value})
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    assert err.startswith(f"superpos: {name}={value}: expected")
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("seconds", [0.3, 0.8])
def test_a_signal_in_the_first_second(
    tmp_path: Path, number: signal.Signals, code: int, seconds: float
) -> None:
    process = start(tmp_path)
    time.sleep(seconds)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert err.startswith("superpos: stopped")
    assert len(err.splitlines()) == 1
