"""All experiments with claims, each a process, and their records in one file."""

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from superpos.app import boundary
from superpos.app.claims import everything, ledger
from superpos.app.claims.everything import Ran, collect, run_all, settle_all, with_claims
from superpos.app.claims.setting import registered
from superpos.store.bounded import StoreError


def record(name: str, reproduced: bool | None) -> dict[str, Any]:
    claim = ledger.Claim(
        id=f"{name}/claim",
        paper="A paper",
        section="1",
        setting="n = 2",
        claimed=1.0,
        tolerance=0.0,
        relation="=",
        statement="one",
        source="paper",
        written="before",
    )
    measured = {True: 1.0, False: 0.0, None: None}[reproduced]
    return ledger.to_records([claim.judge(measured)], "command")[0]


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[str]]:
    """Processes that leave records in their folder, or nothing, and end with a code."""
    monkeypatch.chdir(tmp_path)

    def prepare(codes: dict[str, int]) -> list[str]:
        asked = []

        def run(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
            name = command[-1].removeprefix("experiment=")
            asked.append(name)
            shares = "env" in options and "JAX_NUM_CPU_DEVICES" in options["env"]
            folder = tmp_path / "outputs" / name
            folder.mkdir(parents=True)
            ledger.write(folder / "claims.json", [record(name, True)])
            return subprocess.CompletedProcess(command, codes.get(name, 0), f"{name} {shares}")

        monkeypatch.setattr(everything.subprocess, "run", run)
        return asked

    return prepare


def test_every_experiment_but_train_has_claims() -> None:
    names = {*with_claims(), *with_claims(full=True)}
    assert set(boundary.experiments()) - names == {"train"}


def test_what_is_full_is_an_experiment_at_another_size() -> None:
    kinds = {registered(name)["analysis"]["kind"] for name in with_claims(full=True)}
    assert kinds <= {*with_claims()}


@pytest.mark.slow
def test_all_are_run_and_their_records_written(processes, tmp_path: Path) -> None:
    names = with_claims()
    asked = processes({names[1]: 3})
    runs = run_all(Console(quiet=True))
    assert asked == names == [run.name for run in runs]
    assert settle_all(runs, Console(quiet=True)) == 3
    records = ledger.read(tmp_path / "outputs" / "claims.json")
    assert [row["id"] for row in records] == [f"{name}/claim" for name in names]


@pytest.mark.slow
def test_records_that_a_run_before_left_are_not_those_of_one_that_failed(
    processes, tmp_path: Path
) -> None:
    names = with_claims()[:5]
    processes({names[0]: 1, names[1]: -9, names[2]: 2})
    runs = run_all(Console(quiet=True), names)
    assert settle_all(runs, Console(quiet=True)) == 137
    records = ledger.read(tmp_path / "outputs" / "claims.json")
    assert [row["id"] for row in records] == [f"{name}/claim" for name in names[3:]]
    assert [run.finished for run in runs] == [False] * 3 + [True] * (len(names) - 3)


def test_several_at_a_time_share_the_cores_and_are_told_in_their_order(
    processes, capsys: pytest.CaptureFixture[str]
) -> None:
    names = with_claims()[:5]
    asked = processes({names[1]: 3})
    runs = run_all(Console(), names, 2)
    assert sorted(asked) == names
    assert [(run.name, run.code) for run in runs] == [(n, 3 * (n == names[1])) for n in names]
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.endswith("True")] == [f"{name} True" for name in names]


def test_what_stops_one_of_several_starts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    names, asked = with_claims(), []

    def run(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
        if asked:
            time.sleep(0.05)
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, "")

    def stop(name: str, code: int) -> Ran:
        raise KeyboardInterrupt

    monkeypatch.setattr(everything.subprocess, "run", run)
    monkeypatch.setattr(everything, "_ran", stop)
    with pytest.raises(KeyboardInterrupt):
        run_all(Console(quiet=True), names, 2)
    assert len(asked) < len(names)


def test_a_run_that_finished_and_left_no_records_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        collect(Ran("a", 0, tmp_path))
    assert collect(Ran("a", 1, tmp_path)) == []
