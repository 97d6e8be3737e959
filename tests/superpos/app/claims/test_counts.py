"""Counts keep what papers state apart from what was added, and leave identities out."""

from typing import Any

import pytest

from superpos.app.claims.counts import by_source, cited, headline


def record(source: str, reproduced: bool | None, **more: Any) -> dict[str, Any]:
    return {
        "source": source,
        "reproduced": reproduced,
        "agrees": reproduced,
        "identity": False,
    } | more


def other(source: str, agrees: bool) -> dict[str, Any]:
    return record(source, None, agrees=agrees)


@pytest.mark.parametrize(
    ("records", "line"),
    [
        ([], "No claims of papers"),
        ([record("ours", True)], "No claims of papers; expectation of our own 1 of 1"),
        (
            [record("paper", True), record("paper_number", False), record("theory", None)],
            "1 of 2 claims of papers reproduced, 1 not reproduced; 0 of 1 printed numbers among"
            " them; mathematics 0 of 1",
        ),
        (
            [record("paper", True), record("paper", True, identity=True), record("control", True)],
            "1 of 1 claims of papers reproduced; control 1 of 1; identities, not counted: 1",
        ),
        (
            [other("paper", True), other("paper", False), other("ours", True)],
            "0 of 2 claims of papers reproduced, 1 agree at another setting, 1 differ at"
            " another setting; expectation of our own 1 of 1",
        ),
    ],
)
def test_the_headline_counts_statements_of_papers_only(
    records: list[dict[str, Any]], line: str
) -> None:
    assert headline(records) == line


def test_sources_are_in_their_order_and_records_in_theirs() -> None:
    records = [record(source, True, id=at) for at, source in enumerate(("ours", "paper", "ours"))]
    found = {name: [each["id"] for each in group] for name, group in by_source(records).items()}
    assert found == {"paper": [1], "ours": [0, 2]}
    assert [*found] == ["paper", "ours"]


def test_what_has_no_section_is_cited_without_one() -> None:
    cite = {"paper": "our own", "section": "-", "setting": "n=5"}
    assert cited(cite) == "our own · n=5"
    assert cited(cite | {"section": "figure 2"}) == "our own, figure 2 · n=5"
