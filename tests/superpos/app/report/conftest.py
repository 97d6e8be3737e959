"""A site made of constructed runs, and a browser to see it in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from superpos.app.claims.everything import Ran
from superpos.app.report import gallery
from tests.superpos.app.report.browser import Browser, browser, find
from tests.superpos.app.report.sites import make_runs


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser that is started once."""
    program = find()
    if program is None:
        pytest.skip("needs Chromium or Chrome, and none is installed")
    with browser(program, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def page(chromium: Browser) -> Browser:
    """The browser, without what it said before."""
    chromium.complaints.clear()
    chromium.requested.clear()
    return chromium


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Ran]:
    """Runs as they are on disk; not to be changed."""
    return make_runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def site(runs: list[Ran], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of their site; not to be changed."""
    folder = tmp_path_factory.mktemp("report") / "site"
    gallery.build(folder, runs)
    return folder
