"""What is written of a benchmark, from numbers made by hand; nothing is timed here."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from experiments.bench import figure, growth, page, tables, targets
from experiments.bench.__main__ import committed

ONE, EACH = "superpos, one seed", "superpos, a seed each"
JAX, TORCH = "jax vmap of scan", "torch eager"


def many(n: int, seconds: float) -> dict[str, Any]:
    return {
        **{"members": n, "seconds": seconds, "compile_s": 1.0, "peak_mib": 50.0},
        **{"store_mib": n / 10_000, "files": n // 25, "open_s": n / 100_000},
    }


@pytest.fixture
def report() -> dict[str, Any]:
    def case(name: str, **us: float) -> dict[str, Any]:
        by_name = {ONE: us["one"], EACH: us["each"], JAX: us["jax"], TORCH: us["torch"]}
        return {"case": name, "us_per_model_step": by_name, "prepare_s": dict(by_name)}

    cases = [
        case("5→2 x 100", one=2.0, each=4.0, jax=80.0, torch=79.0),
        case("400→30 x 8", one=100.0, each=200.0, jax=400.0, torch=1000.0),
    ]
    swept = {"models": 4, "features": 8, "hidden": 2, "batch": 128, "compile_s": 1.25}
    rows = [{**swept, "us_per_model_step": 12345.6}, {**swept, "us_per_model_step": 0.01234}]
    return {
        "machine": {key: f"the {key}" for key, _ in page.ROWS} | {"device": "cpu: cpu"},
        "targets": targets.judged(cases, [ONE, EACH], targets.CPU_TARGETS),
        "cases": cases,
        "memory": [{"case": "5→2 x 100", "mib": {ONE: 30.4, EACH: None, JAX: 728.0}}],
        "growth": {
            "models": rows,
            "features": rows,
            "batch": rows,
            "steps": [{"steps": 1000, "seconds": 0.25}, {"steps": 10_000, "seconds": 2.5}],
            "blocks": [
                {"case": "5→2 x 100", "block": 10, "cost_percent": 21.0},
                {"case": "5→2 x 100", "block": 100, "cost_percent": 2.9},
                {"case": "5→2 x 100", "block": 1000, "cost_percent": -0.1},
            ],
        },
        "floors": {
            "peak_gflops": 200.0,
            "ns_per_number": 0.5,
            "cases": [
                {
                    **{"case": "5→2 x 100", "n_models": 100, "random_us": 2.5},
                    **{"products_us": 0.5, "products_alone_us": None},
                },
                {
                    **{"case": "400→30 x 8", "n_models": 8, "random_us": 20.0},
                    **{"products_us": 50.0, "products_alone_us": 62.5},
                },
            ],
        },
        "members": [many(1_000, 2.0), many(10_000, 12.0), many(100_000, 121.0)],
        "launchers": [
            {"launcher": "vmap", "jobs": 1000, "seconds": 50.0, "seconds_per_job": 0.05},
            {"launcher": "basic", "jobs": 20, "seconds": 60.0, "seconds_per_job": 3.0},
        ],
        "startup": 5.25,
    }


def test_launchers_are_compared_job_by_job(report: dict[str, Any]) -> None:
    by_title = {table.title: table.rows for table in tables.tables(report)}
    assert by_title["Multirun of a 20-step toy model, two shapes, Hydra included"] == [
        ["vmap", "1,000", "50.0", "50", "1.0"],
        ["basic", "20", "60.0", "3,000", "60.0"],
    ]
    assert "1,000 jobs under hydra/launcher=vmap took 50 s; 60 s was the target" in page.page(
        report
    )


def test_ratios_come_first_and_say_how_many_times_faster(report: dict[str, Any]) -> None:
    first = tables.tables(report)[0]
    assert first.columns == ["case", "", JAX, TORCH]
    assert first.rows == [
        ["5→2 x 100", ONE, "40.0", "39.5"],
        ["5→2 x 100", EACH, "20.0", "19.8"],
        ["400→30 x 8", ONE, "4.0", "10.0"],
        ["400→30 x 8", EACH, "2.0", "5.0"],
    ]


@pytest.mark.parametrize(
    ("measured", "expected"),
    [(20.0, "met"), (19.999, "missed"), (1e9, "met"), (0.0, "missed"), (None, "not measured")],
)
def test_a_target_is_met_from_its_number_on(measured: float | None, expected: str) -> None:
    assert targets.verdict(measured, 20.0) == expected


def test_every_target_is_judged_for_both_ways(report: dict[str, Any]) -> None:
    verdicts = {(t["case"], t["what"]): t["verdict"] for t in report["targets"]}
    assert len(verdicts) == 2 * len(targets.CPU_TARGETS)
    assert [key for key, verdict in verdicts.items() if verdict == "missed"] == [
        ("5→2 x 100", f"{EACH} / {TORCH}"),
        ("400→30 x 8", f"{EACH} / {TORCH}"),
        ("400→30 x 8", f"{EACH} / {JAX}"),
    ]
    assert verdicts["20→5 x 100", f"{ONE} / {TORCH}"] == "not measured"


def test_on_a_gpu_the_targets_are_rates() -> None:
    rows = [{"case": "5→2 x 1,000", "us_per_model_step": {ONE: 0.04, EACH: 0.1}}]
    judged = targets.judged(rows, [ONE, EACH], targets.GPU_TARGETS)
    found = {(t["case"], t["what"]): (t["measured"], t["verdict"]) for t in judged}
    assert found["5→2 x 1,000", f"{ONE}, million model-steps/s"] == (25.0, "met")
    assert found["5→2 x 1,000", f"{EACH}, million model-steps/s"] == (10.0, "missed")
    assert found["5→2 x 10", f"{ONE}, million model-steps/s"] == (None, "not measured")


def test_without_torch_its_targets_are_not_measured_and_its_column_is_gone(
    report: dict[str, Any],
) -> None:
    cases = copy.deepcopy(report["cases"])
    for row in cases:
        del row["us_per_model_step"][TORCH]
    judged = targets.judged(cases, [ONE], targets.CPU_TARGETS)
    assert {t["verdict"] for t in judged if t["what"].endswith(TORCH)} == {"not measured"}
    assert tables.ratios(cases).columns == ["case", "", JAX]
    assert tables.targets(judged).rows[0][-2:] == ["–", "not measured"]
    assert targets.judged([], [ONE], targets.CPU_TARGETS)[0]["measured"] is None


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ({10: 20.0, 100: 2.9, 1000: 0.0}, 100),
        ({10: 2.0, 100: 4.0, 1000: 0.0}, 1000),  # a lucky short block does not count
        ({10: 20.0, 100: 9.0, 1000: 3.0}, None),
        ({10: 1.0, 100: 0.5, 1000: -0.2}, 10),
        ({}, None),
    ],
)
def test_the_shortest_block_that_is_cheap(costs: dict[int, float], expected: int | None) -> None:
    rows = [{"block": block, "cost_percent": cost} for block, cost in costs.items()]
    assert targets.cheap_block(rows) == expected


def test_the_ratio_of_blocks_is_of_pairs() -> None:
    assert growth.median_ratio([2.0, 30.0, 4.0], [1.0, 10.0, 4.0]) == 2.0


def test_the_page_holds_machine_tables_and_verdicts(report: dict[str, Any]) -> None:
    text = page.page(report)
    for words in (
        "| Processor | the cpu |",
        "| Date | the date |",
        f"| 5→2 x 100 | {ONE} | 40.0 | 39.5 |",
        "- Targets: 3 of 10 missed.",
        f"- Missed at 400→30 x 8: {EACH} / {JAX}: 2; 4 was the target.",
        "- Blocks of 100 updates or more cost less than 3 %",
        "| 5→2 x 100 | 30 | – | 728 |",
        "| 4 | 12,300 | 1.2 |",
        "| 4 | 0.0123 | 1.2 |",
        "| 10,000 | 2.5 | 250 |",
        "| 10 | +21.0 % |",
        "| 1,000 | -0.1 % |",
        # 0.5 of products and 2.5 of random numbers, shared by 100 models or not, of 2 and 4
        "| 5→2 x 100 | 0.5 | – | 2.5 | 0.525 | 26 % | 3 | 75 % |",
        "- Products of 400→30 x 8: 80 % of the peak, one after another; 60 % was the target.",
        # 120 s without compiling for 100 times the members of 1 s
        "- A sweep of 100,000 members takes 1.20 times as long for each as one of 1,000,",
        "| 100,000 | 121.0 | 1.0 | 12 | 50 | 10.0 | 4,000 | 1.00 |",
        "- A command that trains for about a second takes 5.2 s when its programs are kept;",
        # growing from 12 to 121 s, one more factor of ten takes 121² / 12
        "- 1,000,000 members, by the growth of the last two rows (not run): 1220 s,",
    ):
        assert words in text
    assert text.index("Times faster") < text.index("Microseconds per model-step")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)


def test_the_page_is_a_function_of_what_was_kept(report: dict[str, Any]) -> None:
    assert page.page(json.loads(json.dumps(report))) == page.page(report)


def test_no_block_length_may_be_cheap(report: dict[str, Any]) -> None:
    report["growth"]["blocks"] = []
    assert "No block length" in page.remarks(report)


def test_a_part_that_was_not_measured_is_absent_and_said(report: dict[str, Any]) -> None:
    assert "Not measured" not in page.page(report)
    for part in page.PARTS:
        del report[part]
    text = page.page(report)
    for part in page.PARTS:
        assert f"- Not measured: {part}." in text
    for words in ("Peak memory", "Growth", "Multirun", "Floors"):
        assert words not in text


def test_cpus_and_gpus_have_a_page_each(report: dict[str, Any]) -> None:
    assert committed(report).name == "RESULTS.md"
    report["machine"]["device"] = "gpu: NVIDIA H200"
    assert committed(report).name == "RESULTS-GPU.md"


@pytest.mark.slow
def test_the_figure_is_drawn(report: dict[str, Any], tmp_path: Path) -> None:
    figure.draw(report["growth"], tmp_path / "growth.png")
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")
