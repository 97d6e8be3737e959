"""The site holds every run that finished, names the others, and nothing of an older site."""

import re
from pathlib import Path

import pytest

from superpos.app.claims.everything import Ran, collect
from superpos.app.plots.figures import FORMATS
from superpos.app.report import gallery
from superpos.store.bounded import StoreError
from tests.superpos.app.report.sites import ATTACK, keep, records


@pytest.mark.slow
def test_each_run_that_finished_has_a_page_with_its_figures(site: Path, runs: list[Ran]) -> None:
    found = {str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()}
    assert found == {
        "index.html",
        *(f"{run.name}/index.html" for run in runs if run.finished),
        *(
            f"one/first/{name}.{form}"
            for name in ("mesh", "plane", "wide", "line")
            for form in FORMATS
        ),
        *(
            f"{name}.{form}"
            for name in ("one/deep/second/line", "hostile/mesh")
            for form in FORMATS
        ),
    }
    for run in runs[:2]:
        copied, drawn = site / run.name / "line.png", run.folder / "line.png"
        assert copied.read_bytes() == drawn.read_bytes()


def test_the_ledger_has_a_row_for_each_record(site: Path, runs: list[Ran]) -> None:
    html = (site / "index.html").read_text()
    ids = re.findall(r"<code>(\S+/claim_\d)</code>", html)
    assert ids == [record["id"] for run in runs for record in collect(run)]
    assert len(ids) == 7
    assert "3 of 7 claims of papers reproduced, 3 not reproduced, 1 not run" in html


def test_a_run_that_did_not_finish_is_named(site: Path) -> None:
    html = (site / "index.html").read_text()
    assert "Not finished: two/failed (exit code 137)" in html


def test_nobody_is_named_where_all_finished(runs: list[Ran], tmp_path: Path) -> None:
    finished = [run for run in runs if run.finished]
    assert "Not finished" not in gallery.build(tmp_path / "site", finished).read_text()


def test_hostile_text_stays_text(site: Path) -> None:
    for path in site.rglob("index.html"):
        html = path.read_text()
        assert "<script>window" not in html and "<img src=x" not in html
        assert html.count("{{ 7 * 7 }}") == html.count("a href=javascript")  # none was filled in
    assert "&lt;script&gt;window.owned" in (site / "hostile" / "index.html").read_text()


def test_claims_are_counted_by_paper() -> None:
    rows = records("a", "first", 1.0, None) + records("b", "second", 0.0) + records("c", "first", 1)
    papers = gallery.by_paper(rows)
    assert [paper.name for paper in papers] == ["first", "second"]
    assert [paper.marks for paper in papers] == [["yes", "unrun", "yes"], ["no"]]


def test_what_papers_state_is_counted_apart_from_what_was_added() -> None:
    rows = records("a", "first", 1.0, None, 0.0) + records("b", "second", 0.0)
    added = ({"source": "ours"}, {"source": "theory", "identity": True})
    rows = [{**row, **new} for row, new in zip(rows, (*added, {}, {}), strict=True)]
    counts = [(count.name, count.marks) for count in gallery.tallies(rows)]
    assert counts == [
        ("first", ["no"]),
        ("second", ["no"]),
        ("expectation of our own", ["yes"]),
        ("identities, not counted", ["unrun"]),
    ]


def test_nothing_of_an_older_site_is_left(runs: list[Ran], tmp_path: Path) -> None:
    folder = tmp_path / "site"
    gallery.build(folder, runs)
    gallery.build(folder, runs[1:2])
    assert {path.name for path in folder.iterdir()} == {"index.html", "one"}
    assert [path.name for path in (folder / "one").iterdir()] == ["deep"]


def test_a_run_that_cannot_be_read_leaves_the_older_site_alone(
    runs: list[Ran], tmp_path: Path
) -> None:
    folder = tmp_path / "site"
    gallery.build(folder, runs)
    before = (folder / "index.html").read_text()
    with pytest.raises(StoreError, match="does not hold a finished run"):
        gallery.build(folder, [*runs, Ran("other", 0, tmp_path / "nothing")])
    assert (folder / "index.html").read_text() == before


def test_a_name_that_leaves_the_site_is_refused(runs: list[Ran], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a plain name"):
        gallery.build(tmp_path / "site", [runs[2]._replace(name="../up")])
    assert not (tmp_path / "site").exists()


def test_a_site_without_runs_is_one_page(tmp_path: Path) -> None:
    html = gallery.build(tmp_path / "site", []).read_text()
    assert "No claims of papers" in html


def test_a_run_without_claims_or_figures_has_a_card(tmp_path: Path) -> None:
    html = gallery.build(tmp_path / "site", [keep(tmp_path, "bare", [], [])]).read_text()
    assert "Title of bare" in html and "Without claims" in html and "<img" not in html


def test_the_attack_is_one() -> None:
    assert all(part in ATTACK for part in ("<script>", '"', "'", "</style>", "{{"))
