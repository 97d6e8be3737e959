"""The command that audits a log."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from superpos.app.command import main
from superpos.app.jobs import UsageError
from superpos.app.schedule import main as triggers

ROWS = [
    {"event": "policy", "preset": "rsp_v1", "anchor_compute": 1e22},
    {"event": "start", "t": "2026-01-05T09:00:00Z", "flops": 0},
    {"event": "evaluation_done", "t": "2026-01-05T17:00:00Z"},
    {"event": "check", "t": "2026-04-30T09:00:00Z", "flops": 4.1e22},
]


def written(folder: Path, rows: list[dict[str, object]]) -> Path:
    path = folder / "runs.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_a_violation_is_a_line_with_its_row(tmp_path: Path, capsys) -> None:
    path = written(tmp_path, ROWS)
    assert main(["triggers", "audit", str(path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "policy: each 4x of effective compute by FLOPs, each 3 months, both; buffer 6x",
        "row 4 main 2026-04-30T09:00:00+00:00 calendar: an evaluation had to begin by"
        " 2026-04-06T17:00:00+00:00; 4.1x",
        "main: evaluations 1, effective compute 4.1e+22, due by compute and calendar",
        "violations: 1",
    ]


def test_a_log_that_keeps_its_policy_or_another_one_has_exit_code_0(tmp_path, capsys) -> None:
    assert triggers(["audit", str(written(tmp_path, ROWS[:3]))]) == 0
    assert triggers(["audit", "--policy", "rsp_v2", str(written(tmp_path, ROWS))]) == 0
    assert capsys.readouterr().out.count("violations: 0\n") == 2


@pytest.mark.parametrize("words", [[], ["look", "a"], ["audit"], ["audit", "a", "b"]])
def test_wrong_words_are_one_line(words: list[str]) -> None:
    with pytest.raises(UsageError) as raised:
        triggers(words)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.slow
def test_from_a_shell(tmp_path: Path) -> None:
    path = written(tmp_path, ROWS)
    command = [sys.executable, "-m", "experiments.triggers", "audit", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.endswith("violations: 1\n")
