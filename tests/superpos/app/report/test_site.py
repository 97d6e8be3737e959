"""The site in a browser, from a file:// address: nothing is refused, missing or broken."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from superpos.app.claims.everything import Ran, collect
from superpos.app.plots.figures import FORMATS
from superpos.app.report import gallery, stored
from tests.superpos.app.report.browser import Browser
from tests.superpos.app.report.sites import ATTACK

PAGES = (
    *("index.html", "one/first/index.html", "one/deep/second/index.html", "two/third/index.html"),
    "hostile/index.html",
)
IMAGES = "[...document.images].map(image => [image.complete, image.naturalWidth, image.alt])"
LINKS = "[...document.querySelectorAll('a')].map(link => link.href)"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SHOWN = "[...document.querySelectorAll('#ledger tr[class]')].filter(r => r.offsetHeight > 0).length"
ALL = "document.querySelectorAll('fieldset label:first-of-type input')"
TIP = "[...document.querySelectorAll('.tip')].filter(t => !t.hidden).map(t => t.innerText)"
TIP_PARTS = "(name => [...document.querySelectorAll('.tip:not([hidden]) ' + name)])"
BOX = """(({{left, top, right, bottom}}) => [left, top, right, bottom])(
    document.querySelector('{}:not([hidden])').getBoundingClientRect())"""
END = "/L(.*) (.*)/"
BARS = f"{TIP_PARTS}('rect').map(r => ['x', 'width'].map(name => Number(r.getAttribute(name))))"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1280, 400])
def test_a_page_is_whole(page: Browser, site: Path, runs: list[Ran], name: str, width: int) -> None:
    page.open((site / name).as_uri(), width)
    assert page.complaints == []
    assert page.value("window.owned") is None
    assert all(address.startswith((site.as_uri(), "data:,")) for address in page.requested)
    for complete, natural_width, alt in page.value(IMAGES):
        assert complete and natural_width > 0 and alt
    assert page.value(OVERFLOW) == 0


def targets(page: Browser) -> list[tuple[Path, str]]:
    """File and fragment of each link to a page; all links lead to files that are there."""
    links = [address.partition("#") for address in page.value(LINKS)]
    assert all(path.startswith("file://") for path, _, _ in links)
    found = [(Path(path.removeprefix("file://")), fragment) for path, _, fragment in links]
    assert all(path.is_file() for path, _ in found)
    return [(path, fragment) for path, fragment in found if path.suffix == ".html"]


def test_links_lead_to_pages_and_to_the_claims_that_they_name(
    page: Browser, site: Path, runs: list[Ran]
) -> None:
    page.open((site / "index.html").as_uri())
    found = targets(page)
    finished = [run for run in runs if run.finished]
    assert [path for path, fragment in found if not fragment] == [
        site / run.name / "index.html" for run in finished
    ]
    rows = [(run, at) for run in finished for at in range(len(collect(run)))]
    claims = [target for target in found if target[1]]
    assert len(claims) == len(rows)
    for (path, fragment), (run, at) in zip(claims, rows, strict=True):
        page.open(f"{path.as_uri()}#{fragment}")
        row = page.value("document.querySelector(':target').innerText")
        assert collect(run)[at]["id"] in row
    for run in finished:
        page.open((site / run.name / "index.html").as_uri())
        assert targets(page) == [(site / "index.html", "")]


def test_the_table_has_every_claim_and_can_be_cut_down(
    page: Browser, site: Path, runs: list[Ran]
) -> None:
    n_claims = sum(len(collect(run)) for run in runs)
    page.open((site / "index.html").as_uri())
    assert page.value(SHOWN) == n_claims == 7
    counts = {}
    for name in ("verdict-yes", "verdict-no", "verdict-unrun", "paper-1", "paper-2", "paper-3"):
        page.value(f"document.getElementById({name!r}).click()")
        counts[name] = page.value(SHOWN)
        page.value(f"{ALL}.forEach(input => input.click())")
    assert [*counts.values()] == [3, 3, 1, 5, 1, 1]
    assert page.value(SHOWN) == n_claims
    page.value("['verdict-no', 'paper-1'].forEach(id => document.getElementById(id).click())")
    assert page.value(SHOWN) == 2


def place(page: Browser, number: int) -> list[float]:
    """Left, top, width and height of a figure's picture in the window, after going there."""
    page.value(f"document.images[{number}].scrollIntoView({{block: 'center'}})")
    return page.value(
        f"(({{left, top, width, height}}) => [left, top, width, height])"
        f"(document.images[{number}].getBoundingClientRect())"
    )


def at_cell(page: Browser, number: int, cell: Any) -> None:
    """Move the mouse to the middle of a cell of a figure."""
    left, top, width, height = place(page, number)
    x, y, w, h = cell.box
    page.point(left + width * (x + w / 2), top + height * (y + h / 2))


@pytest.mark.parametrize("width", [1280, 400])
def test_pointing_at_a_cell_shows_its_weights(
    page: Browser, site: Path, runs: list[Ran], width: int
) -> None:
    figures = stored.read(runs[0].folder).figures
    page.open((site / "one/first/index.html").as_uri(), width)
    for at in (0, 7, 11):
        cell = figures[0].cells[at]
        at_cell(page, 0, cell)
        [text] = page.value(TIP)
        lines = dict(zip(*[iter(text.splitlines())] * 2, strict=False))
        assert lines["cell"] == cell.texts["cell"]
        shown = [float(part.replace("\u2212", "-")) for part in lines["W"].split(", ")]
        np.testing.assert_allclose(shown, np.ravel(cell.W), atol=0.006)
        bars = np.array(page.value(BARS))
        middle = np.where(np.ravel(cell.W) < 0, bars[:, 0] + bars[:, 1], bars[:, 0])
        np.testing.assert_allclose(middle, 110)
        lengths = np.abs(np.ravel(cell.W))
        np.testing.assert_allclose(bars[:, 1], 75 * lengths / max(1, lengths.max()), rtol=1e-6)
    page.point(1, 1)
    assert page.value(TIP) == []
    assert page.complaints == []


def test_wider_models_are_drawn_as_arrows_and_as_squares(
    page: Browser, site: Path, runs: list[Ran]
) -> None:
    figures = stored.read(runs[0].folder).figures
    page.open((site / "one/first/index.html").as_uri())
    at_cell(page, 1, figures[1].cells[3])
    ends = page.value(f"{TIP_PARTS}('path').map(p => p.getAttribute('d').match({END}).slice(1))")
    W = np.array(figures[1].cells[3].W)
    scale = 70 / max(1, np.linalg.norm(W, axis=1).max())
    np.testing.assert_allclose(np.array(ends, float), W * [scale, -scale], rtol=1e-6)
    at_cell(page, 2, figures[2].cells[3])
    shades = page.value(f"{TIP_PARTS}('rect').map(r => Number(r.getAttribute('fill-opacity')))")
    W = np.abs(np.ravel(figures[2].cells[3].W))
    np.testing.assert_allclose(shades, W / W.max(), rtol=1e-6)
    assert page.complaints == []


def test_cells_are_reached_by_keys(page: Browser, site: Path, runs: list[Ran]) -> None:
    page.open((site / "one/first/index.html").as_uri())
    seen = []
    for key in ("Tab", "Tab", "ArrowRight", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowLeft"):
        page.press(key)
        seen += [text.split("\n")[1] for text in page.value(TIP)]
    assert seen == ["0, 0", "0, 1", "1, 1", "2, 1", "1, 1", "1, 0"]
    page.press("ArrowLeft")
    assert page.value(TIP)[0].split("\n")[1] == "1, 0"  # the edge
    page.press("Escape")
    assert page.value(TIP) == []
    page.press("ArrowRight")
    assert page.value(TIP)[0].split("\n")[1] == "1, 0"  # shown again before it moves on
    for _ in FORMATS:
        page.press("Tab")  # over the links to its files
    page.press("Tab")
    assert page.value(TIP)[0].split("\n")[1] == "0, 0"  # of the next figure
    assert page.complaints == []


def test_what_a_cell_says_is_inside_the_page_and_not_over_the_cell(
    page: Browser, site: Path, runs: list[Ran]
) -> None:
    [cell, *_] = reversed(stored.read(runs[0].folder).figures[0].cells)
    page.open((site / "one/first/index.html").as_uri(), 400)
    at_cell(page, 0, cell)
    assert len(page.value(TIP)) == 1
    tip, spot = (page.value(BOX.format(name)) for name in (".tip", ".cursor"))
    assert tip[0] >= 0 and tip[2] <= 400
    assert tip[2] <= spot[0] or tip[0] >= spot[2] or tip[1] >= spot[3] or tip[3] <= spot[1]


def test_hostile_text_is_shown_as_text(page: Browser, site: Path, runs: list[Ran]) -> None:
    page.open((site / "hostile/index.html").as_uri())
    at_cell(page, 0, stored.read(runs[3].folder).figures[0].cells[0])
    plain = " ".join(ATTACK.split())
    for expression in ("document.title", "document.querySelector('h1').textContent", f"{TIP}[0]"):
        assert plain in " ".join(page.value(expression).split())
    assert page.value("document.images.length") == 1
    assert page.value("document.scripts.length") == 2
    assert page.value("window.owned") is None
    assert page.complaints == []


def test_the_policy_is_in_force(page: Browser, site: Path, runs: list[Ran]) -> None:
    """A check that could not fail would say nothing: what the policy forbids is complained of."""
    page.open((site / "index.html").as_uri())
    page.value(
        "document.body.append(Object.assign(document.createElement('script'),"
        "{textContent: 'window.owned = 1'}))"
    )
    assert page.value("window.owned") is None
    assert any("Content Security Policy" in complaint for complaint in page.complaints)


def test_a_picture_that_is_missing_is_noticed(
    page: Browser, runs: list[Ran], tmp_path: Path
) -> None:
    folder = tmp_path / "site"
    gallery.build(folder, runs)
    (folder / "one/deep/second/line.svg").unlink()
    page.open((folder / "one/deep/second/index.html").as_uri())
    assert [natural_width for _, natural_width, _ in page.value(IMAGES)] == [0]
    assert any("ERR_FILE_NOT_FOUND" in complaint for complaint in page.complaints)


def test_the_figure_stands_without_script(page: Browser, site: Path, runs: list[Ran]) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open((site / "one/first/index.html").as_uri())
        tree = page.call("DOM.getDocument", depth=-1)
        found = page.call("DOM.querySelectorAll", nodeId=tree["root"]["nodeId"], selector="img")
        assert len(found["nodeIds"]) == 4
        boxes = [page.call("DOM.getBoxModel", nodeId=n)["model"] for n in found["nodeIds"]]
        assert all(box["width"] > 500 and box["height"] > 100 for box in boxes)
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
    assert page.complaints == []
