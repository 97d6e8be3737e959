"""The benchmark of sparse autoencoders: who is asked, what is judged, what is shown."""

import sys
from pathlib import Path
from typing import Any

import pytest

from experiments.bench import page as shared
from experiments.bench.saes import cases, ours, page, peers, tables, targets
from experiments.bench.saes.targets import OURS, SAELENS
from experiments.bench.saes.timing import measured

SMALL = cases.SaeCase("topk", 4, 16, n_members=2, batch_size=16)
ECHO = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    broken = {"ok": False, "error": "ValueError: no"}
    print(json.dumps(broken if "run" in asked else {"ok": True, "asked": asked}), flush=True)
"""


@pytest.fixture
def found() -> dict[str, Any]:
    """What a benchmark found, made by hand."""
    us = {OURS: 2.0, SAELENS: 22.0, "plain PyTorch": 5.0}
    rows = [
        {"case": "16→32 L1 x 16", "flops": 5120, "us_per_sae_sample": us},
        {"case": "256→1,024 L1 x 16", "flops": 2_621_440, "us_per_sae_sample": {OURS: 30.0}},
    ]
    for row in rows:
        row["products_us"] = row["us_per_sae_sample"][OURS] / 2
    grown = {"us_per_sae_sample": 1.5, "mib_of_member": 0.25, "n_members": 4}
    grown |= {"d_code": 64, "batch_size": 256}
    return {
        "machine": {key: f"the {key}" for key, _ in shared.ROWS},
        "peers": {"sae-lens": "6.54.12"},
        "cases": rows,
        "peak_gflops": 100.0,
        "targets": targets.judged(rows, 100.0),
        "growth": dict.fromkeys(tables.GROWTH, [grown]),
        "selection": [{"of": "an example", "k": 8, "ms": {"bisection": 22.0, "sort": 641.0}}],
    }


def test_targets_are_of_cases_that_are_timed() -> None:
    assert {each.case for each in targets.TARGETS} <= {case.name for case in cases.CASES}


def test_a_target_is_a_ratio_or_a_part_of_the_peak(found: dict[str, Any]) -> None:
    by_case = {each["case"]: each for each in found["targets"]}
    assert by_case["16→32 L1 x 16"]["measured"] == pytest.approx(11.0)
    assert by_case["16→32 L1 x 16"]["by_products"] == pytest.approx(22.0)
    assert by_case["16→32 L1 x 16"]["verdict"] == "met"
    # 2.62144 million operations in 30 µs are 87.4 billion a second.
    assert by_case["256→1,024 L1 x 16"]["measured"] == pytest.approx(0.874, abs=1e-3)
    assert by_case["64→256 TopK x 16"]["verdict"] == "not measured"


def test_tables_say_how_many_times_faster(found: dict[str, Any]) -> None:
    first, *_, last = tables.tables(found)
    assert first.rows[0] == ["16→32 L1 x 16", "2", "22", "5", "11.0", "2.5", "3 %"]
    assert first.rows[1][2:] == ["–", "–", "–", "–", "87 %"]
    assert last.rows == [["an example", "8", "22", "641"]]


def test_the_page_holds_machine_tables_and_verdicts(found: dict[str, Any]) -> None:
    text = page.page(found)
    for words in (
        "| Processor | the cpu |",
        "- Targets: 0 of 6 missed.",
        "- Peers: sae-lens 6.54.12.",
        "- The peak: 100 GFLOP/s.",
        "| 16→32 L1 x 16 | 2 | 22 | 5 | 11.0 | 2.5 | 3 % |",
    ):
        assert words in text
    assert "- Peers: not measured" in page.page(found | {"peers": None})


def test_without_the_environment_there_are_no_peers(tmp_path: Path) -> None:
    with peers.peers(tmp_path / "python") as ask:
        assert ask is None


def test_peers_are_asked_line_by_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "echo.py"
    script.write_text(ECHO)
    monkeypatch.setattr(peers, "SCRIPT", script)
    with peers.peers(Path(sys.executable)) as ask:
        assert ask is not None
        assert ask({"prepare": "a"})["asked"] == {"prepare": "a"}
        with pytest.raises(RuntimeError, match="peers: ValueError: no"):
            ask({"run": "a"})


def test_a_sample_is_as_long_for_one_as_for_many() -> None:
    case = cases.CASES[1]
    assert case.n_steps(1) > case.n_steps(16) >= cases.FEWEST_STEPS
    assert case.n_samples(16) == 16 * 1024 * case.n_steps(16)


@pytest.mark.parametrize("n_features", [0, 12])
def test_all_members_are_trained_on_one_stream(n_features: int) -> None:
    case = SMALL._replace(n_features=n_features)
    chunks = ours.prepare(case, 2).run()
    assert sum(len(rows.ids) for rows in chunks) == 2
    assert all((rows.arrays["status"] == 0).all() for rows in chunks if "status" in rows.arrays)


def test_ours_is_measured_without_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.bench.timing.SAMPLE_S", 1e-6)
    monkeypatch.setattr(cases, "SAMPLE_S", 1e-6)
    row = measured(SMALL, None)
    assert row["us_per_sae_sample"].keys() == {OURS}
    assert row["bytes_of_member"] > 4 * 2 * 4 * 16
    assert row["products_us"] > 0
