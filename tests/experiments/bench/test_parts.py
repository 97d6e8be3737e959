"""The benchmark of a GPU in parts: what is kept, what is skipped, and what the script runs."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from experiments.bench import parts
from experiments.bench.contestants import ONE_SEED

SCRIPT = Path(parts.__file__).with_name("gpu.sh")
US = {ONE_SEED: 2.0, "jax vmap of scan": 8.0}


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Parts that take no time; what ran, in order."""
    ran: list[str] = []

    def table(report: parts.Report, keep: Any) -> bool:
        ran.append("table")
        report["cases"] = [{"case": "5→2 x 10", "us_per_model_step": US, "prepare_s": US}]
        keep()
        return True

    def saes(report: parts.Report, keep: Any) -> list[dict[str, Any]]:
        ran.append("saes")
        return [{"case": "8→16", "us": 0.25}]

    def multirun(report: parts.Report, keep: Any) -> None:
        parts._need("no_such_module")

    fake = {"table": table, "saes": saes, "multirun": multirun}
    monkeypatch.setattr(parts, "PARTS", fake)
    monkeypatch.setattr(parts.machine, "set_up", lambda: None)
    return ran


def test_parts_are_kept_and_not_measured_again(
    fakes: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parts.main([str(tmp_path), "table"]) == 0
    assert parts.main([str(tmp_path), "table", "saes", "multirun"]) == 0
    assert fakes == ["table", "saes"]
    assert [*json.loads((tmp_path / "report.json").read_text())] == [
        "machine",
        "cases",
        "table",
        "saes",
    ]
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "table: done",
        "table: there already",
        "saes: done",
        "multirun: skipped, there is no no_such_module",
    ]
    text = (tmp_path / "RESULTS-GPU.md").read_text()
    assert f"| 5→2 x 10 | {ONE_SEED} | 4.0 |" in text
    assert "| 8→16 | 4,000,000 |" in text and "Not measured: growth." in text


def test_a_report_of_another_device_is_left_alone(
    fakes: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "report.json"
    kept.write_text(json.dumps({"machine": {"device": "gpu: another"}}))
    before = kept.read_text()
    assert parts.main([str(tmp_path), "table"]) == 2
    assert "report.json: expected one of cpu" in capsys.readouterr().err
    assert (kept.read_text(), fakes) == (before, [])


def test_an_unknown_part_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert parts.main([str(tmp_path), "tabel"]) == 2
    assert parts.main([]) == 2
    assert "experiments.bench.parts" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


def test_the_script_runs_every_part_while_there_is_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "${@}"\n')
    python.chmod(0o755)
    out = tmp_path / "out"

    def said(limit: str) -> list[str]:
        environment = {
            "OUT": str(out),
            "PYTHON": str(python),
            "LIMIT_S": limit,
            "PATH": "/usr/bin:/bin",
        }
        done = subprocess.run(
            [str(SCRIPT)], env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout.splitlines()[:-1]

    ran = said("60")
    assert [line.split()[:3] for line in ran] == [
        ["-m", "experiments.bench.parts", str(out)] for _ in parts.PARTS
    ]
    assert {line.split()[3] for line in ran} == {*parts.PARTS}
    assert all(line.endswith(": no time left") for line in said("0"))
