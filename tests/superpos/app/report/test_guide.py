"""A guide shows the figures and numbers of its experiments, and is not there without them."""

import re
from pathlib import Path

import pytest

from superpos.app.claims.everything import Ran
from superpos.app.report import gallery
from superpos.app.report.guide import Guide, guides
from tests.superpos.app.report.browser import Browser
from tests.superpos.app.report.sites import claims_of, figures_of, keep, plain_figure, records
from tests.superpos.app.report.test_site import IMAGES, OVERFLOW, targets

each_guide = pytest.mark.parametrize("one", guides(), ids=lambda each: each.name)


def make_runs(one: Guide, folder: Path) -> list[Ran]:
    """Constructed runs of its experiments, with what it names."""
    runs = []
    for name in one.experiments:
        place = folder / name
        place.mkdir(parents=True)
        ids = [each for each in claims_of(one) if each.startswith(f"{name}/")]
        rows = records(name, "Paper", *([1.0, 3.0] * len(ids))[: len(ids)])
        rows = [{**row, "id": each} for row, each in zip(rows, dict.fromkeys(ids), strict=False)]
        files = [file for experiment, file in figures_of(one) if experiment == name]
        runs.append(keep(place, name, rows, [plain_figure(place, file) for file in files]))
    return runs


@pytest.mark.slow
@each_guide
def test_a_guide_shows_what_it_names(one: Guide, page: Browser, tmp_path: Path) -> None:
    site = tmp_path / "site"
    gallery.build(site, make_runs(one, tmp_path / "runs"))
    assert f'<a href="{one.address}">' in (site / "index.html").read_text()
    page.open((site / one.address).as_uri())
    assert page.complaints == []
    assert page.value(OVERFLOW) == 0
    images = page.value(IMAGES)
    assert len(images) == len(figures_of(one)) > 0
    assert all(complete and width > 0 and alt for complete, width, alt in images)
    linked = [(path, fragment) for path, fragment in targets(page) if fragment]
    assert len(linked) == len(claims_of(one)) > 0
    for (path, fragment), name in zip(linked, claims_of(one), strict=True):
        html = path.read_text()
        row = html[html.index(f'id="{fragment}"') :]
        assert re.search(r"<code>(\S+/\S+)</code>", row)[1] == name  # pyright: ignore


@pytest.mark.slow
@each_guide
def test_what_was_not_reproduced_says_so(one: Guide, tmp_path: Path) -> None:
    gallery.build(tmp_path / "site", make_runs(one, tmp_path / "runs"))
    html = (tmp_path / "site" / one.address).read_text()
    assert "(NOT reproduced)" in html


@each_guide
def test_without_one_of_its_experiments_there_is_no_guide(one: Guide, tmp_path: Path) -> None:
    runs = make_runs(one, tmp_path / "runs")[1:]
    html = gallery.build(tmp_path / "site", runs).read_text()
    assert one.address not in html
    assert not (tmp_path / "site" / one.address).exists()
