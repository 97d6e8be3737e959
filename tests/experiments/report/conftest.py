"""A browser for the tests of pages."""

from collections.abc import Iterator

import pytest

from tests.experiments.report.browser import Browser, browser, find


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
