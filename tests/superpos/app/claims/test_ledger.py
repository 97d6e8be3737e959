"""The ledger judges by the stated rule, and its records are strict JSON."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from superpos.app.claims import ledger
from superpos.app.claims.counts import mark
from superpos.app.claims.ledger import Claim, Origin, read, settle, to_records, write
from superpos.app.claims.shown import number_text, table
from superpos.store.bounded import StoreError

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
COMMAND = "superpos run phase_change"
OURS = Origin("ours", "after", "seen", identity=True)


def make_claim(**changes: Any) -> Claim:
    values: dict[str, Any] = {
        "id": "elhage/phase_change/loss",
        "paper": "Elhage et al. 2022",
        "section": "Phase changes",
        "setting": "n = 20, m = 5",
        "claimed": 0.5,
        "tolerance": 0.125,
        "relation": "=",
        "statement": "The loss is one half.",
        "source": "paper",
        "written": "before",
    }
    return Claim(**(values | changes))


def reject(constant: str) -> None:
    pytest.fail(f"{constant} is not strict JSON")


@pytest.mark.parametrize(
    ("relation", "measured", "reproduced"),
    [
        ("=", 0.374, False),
        ("=", 0.375, True),
        ("=", 0.625, True),
        ("=", 0.626, False),
        (">=", 0.374, False),
        (">=", 0.375, True),
        (">=", 9.0, True),
        ("<=", -9.0, True),
        ("<=", 0.625, True),
        ("<=", 0.626, False),
    ],
)
def test_each_relation_holds_up_to_its_tolerance(
    relation: str, measured: float, reproduced: bool
) -> None:
    verdict = make_claim(relation=relation).judge(measured, "seen")
    assert verdict.reproduced is reproduced
    assert (verdict.measured, verdict.note) == (measured, "seen")


@pytest.mark.slow
@given(claimed=NUMBERS, tolerance=st.floats(0, 1e9), measured=NUMBERS)
def test_the_bounds_only_fail_on_opposite_sides(
    claimed: float, tolerance: float, measured: float
) -> None:
    judged = {
        relation: make_claim(relation=relation, claimed=claimed, tolerance=tolerance).judge(
            measured
        )
        for relation in ("=", ">=", "<=")
    }
    assert judged[">="].reproduced or judged["<="].reproduced
    assert judged[">="].reproduced or measured < claimed
    assert judged["<="].reproduced or measured > claimed


@pytest.mark.parametrize("relation", ["=", ">=", "<="])
@pytest.mark.parametrize("measured", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_not_reproduced(relation: str, measured: float) -> None:
    verdict = make_claim(relation=relation).judge(measured, "seed 3")
    assert verdict.reproduced is False
    assert verdict.note == f"measured {measured}; seed 3"
    [record] = to_records([verdict], COMMAND)
    assert record["measured"] is None
    assert record["reproduced"] is False


def test_a_claim_that_was_not_run_is_neither_reproduced_nor_not() -> None:
    [record] = to_records([make_claim().judge(None, "too slow")], COMMAND)
    assert record["measured"] is None
    assert record["reproduced"] is None
    assert record["note"] == "too slow"


def test_a_record_holds_the_claim_the_result_and_the_command() -> None:
    [record] = to_records([make_claim().judge(0.5)], COMMAND)
    assert record == {
        "id": "elhage/phase_change/loss",
        "paper": "Elhage et al. 2022",
        "section": "Phase changes",
        "setting": "n = 20, m = 5",
        "claimed": 0.5,
        "tolerance": 0.125,
        "relation": "=",
        "statement": "The loss is one half.",
        "source": "paper",
        "written": "before",
        "identity": False,
        "measured": 0.5,
        "reproduced": True,
        "agrees": True,
        "changed": [],
        "note": "",
        "command": COMMAND,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"id": "a\x1b[2Jb"},
        {"relation": "<"},
        {"claimed": math.nan},
        {"tolerance": -0.1},
        {"tolerance": math.nan},
        {"tolerance": math.inf},
        {"source": "nobody"},
        {"written": "during"},
    ],
)
def test_a_claim_without_sense_is_refused_in_one_line(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="claim") as caught:
        make_claim(**changes)
    assert len(str(caught.value).splitlines()) == 1


def test_the_file_is_strict_json_and_reads_back(tmp_path: Path) -> None:
    measured = [np.float32(0.5), np.float64(0.7), math.nan, None]
    verdicts = [make_claim(id=f"é/{i}").judge(value) for i, value in enumerate(measured)]
    records = to_records(verdicts, COMMAND)
    path = tmp_path / "claims.json"
    path.write_text("old", "utf-8")
    write(path, records)
    assert json.loads(path.read_text("utf-8"), parse_constant=reject) == records
    assert read(path) == records
    assert [record["reproduced"] for record in records] == [True, False, False, None]


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "claims.json"
    path.write_text("old", "utf-8")

    def fail(descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("superpos.store.files.os.fsync", fail)
    with pytest.raises(StoreError, match="disk full"):
        write(path, [])
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_refuses_numbers_that_json_lacks(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write(tmp_path / "claims.json", [{"id": "a", "measured": math.nan}])
    assert not list(tmp_path.iterdir())


def test_an_id_listed_twice_is_an_error_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    verdict = make_claim().judge(0.5)
    twice = [*to_records([verdict], COMMAND)] * 2
    with pytest.raises(ValueError, match=r"more than once: .*phase_change"):
        to_records([verdict, verdict], COMMAND)
    with pytest.raises(ValueError, match="more than once"):
        write(path, twice)
    path.write_text(json.dumps(twice), "utf-8")
    with pytest.raises(StoreError, match="more than once"):
        read(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [("source", "nobody"), ("claimed", "1"), ("measured", []), ("agrees", 1), ("note", None)],
)
def test_a_record_of_no_claim_or_no_verdict_is_refused(
    tmp_path: Path, name: str, value: Any
) -> None:
    path = tmp_path / "claims.json"
    write(path, [{**to_records([make_claim().judge(0.5)], COMMAND)[0], name: value}])
    with pytest.raises(StoreError, match=name):
        read(path)


@pytest.mark.parametrize("text", ["", "{", "3", "[1]", '[{"paper": "x"}]', '{"id": "x"}'])
def test_a_file_that_is_no_ledger_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "claims.json"
    path.write_text(text, "utf-8")
    with pytest.raises(StoreError, match="claims.json: (damaged|expected)") as caught:
        read(path)
    assert len(str(caught.value).splitlines()) == 1


def test_the_table_has_one_row_a_claim_and_takes_text_literally() -> None:
    verdicts = [
        make_claim(id="[red]a[/red]").judge(0.61234567),
        make_claim(id="b", relation=">=", **OURS._asdict()).judge(1e-7),
        make_claim(id="c", relation="<=").judge(math.nan),
        make_claim(id="d").judge(None),
    ]
    console = Console(width=100, force_terminal=False)
    with console.capture() as capture:
        console.print(table(to_records(verdicts, COMMAND)))
    rows = [line for line in capture.get().splitlines() if line.startswith("│")]
    cells = [[cell.strip() for cell in row.strip("│").split("│")] for row in rows]
    assert cells == [
        ["statement of the paper, 3", "", "", "", ""],
        ["[red]a[/red]", "before", "= 0.5 (tol 0.125)", "0.6123", "reproduced"],
        ["c", "before", "≤ 0.5 (tol 0.125)", "not finite", "NOT reproduced"],
        ["d", "before", "= 0.5 (tol 0.125)", "—", "not run"],
        ["expectation of our own, 1", "", "", "", ""],
        ["b", "after, identity", "≥ 0.5 (tol 0.125)", "1e-7", "NOT reproduced"],
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-3.0, "-3"),
        (12345678, "12,345,678"),
        (0.1, "0.1"),
        (2 / 3, "0.6667"),
        (123456.7, "1.235e5"),
        (-2.5e-12, "-2.5e-12"),
        (1e100, "1e100"),
    ],
)
def test_numbers_read_easily(value: float, text: str) -> None:
    assert number_text(value) == text


@given(st.floats(-1e300, 1e300))
def test_a_formatted_number_keeps_four_digits(value: float) -> None:
    assert float(number_text(value).replace(",", "")) == pytest.approx(value, rel=6e-4)


@pytest.mark.parametrize(
    ("fragile", "reproduced", "note"),
    [
        (None, True, "seen"),
        ([False, False], True, "seen"),
        ([True, False], True, "seen; 1 of 2 members are sensitive to rounding"),
        ([[True], [True]], None, "seen; 2 of 2 members are sensitive to rounding"),
    ],
)
def test_no_claim_rests_on_fragile_members_alone(
    fragile: Any, reproduced: bool | None, note: str
) -> None:
    marks = None if fragile is None else np.asarray(fragile)
    [verdict] = settle([make_claim().judge(0.5, "seen")], marks)
    assert (verdict.reproduced, verdict.note, verdict.measured) == (reproduced, note, 0.5)


def test_fragile_members_do_not_make_a_failed_claim_hold() -> None:
    [verdict] = settle([make_claim().judge(9.0)], np.asarray([True, False]))
    assert (verdict.reproduced, verdict.note) == (False, "1 of 2 members are sensitive to rounding")


def test_claims_of_an_experiment_share_what_they_share() -> None:
    rows: list[ledger.Row] = [("a", "is one", "=", 1, 0.1), ("b", "is small", "<=", 0, 0.2)]
    shared = {"paper": "P", "section": "S", "setting": "T", "origin": Origin("paper", "before")}
    found = ledger.claims_of("paper/x", rows, **shared, but={"b": OURS})
    assert list(found) == ["a", "b"]
    assert found["b"] == ledger.Claim(
        id="paper/x/b",
        paper="P",
        section="S",
        setting="T",
        claimed=0,
        tolerance=0.2,
        relation="<=",
        statement="is small",
        source="ours",
        written="after",
        identity=True,
        history="seen",
    )
    assert (found["a"].source, found["a"].written, found["a"].identity) == (
        "paper",
        "before",
        False,
    )
    with pytest.raises(ValueError, match="claims of paper/x: no row for c"):
        ledger.claims_of("paper/x", rows, **shared, but={"c": OURS})


def test_at_another_setting_nothing_is_reproduced_or_not_and_no_other_run_is_told_of() -> None:
    claim = make_claim(history="tried: twice as long")
    verdicts = [
        replace(claim, id=f"{at}").judge(value, "seen") for at, value in enumerate((0.5, 9, None))
    ]
    here = to_records(verdicts, COMMAND)
    assert [record["note"] for record in here] == ["seen; tried: twice as long"] * 3
    assert [record["agrees"] for record in here] == [True, False, None]
    there = to_records(verdicts, COMMAND, ["fit.n_steps=3 instead of 5"])
    assert [record["note"] for record in there] == ["seen"] * 3
    assert [record["reproduced"] for record in there] == [None] * 3
    assert [record["agrees"] for record in there] == [True, False, None]
    assert {*map(tuple, (record["changed"] for record in there))} == {
        ("fit.n_steps=3 instead of 5",)
    }
    assert [mark(record) for record in here] == ["yes", "no", "unrun"]
    assert [mark(record) for record in there] == ["agrees", "differs", "unrun"]
