"""What leads nowhere on a site is found."""

from pathlib import Path

import pytest

from docs.links import broken, main

GOOD = """<a href="guide/">guide</a> <a href="guide/index.html#two%20words">there</a>
<a href="#top">up</a> <img src="a%20b.png"> <a href="https://example.org/nothing">elsewhere</a>
<p id="top"></p>"""


def site(folder: Path, text: str = GOOD) -> Path:
    (folder / "guide").mkdir()
    (folder / "guide" / "index.html").write_text(
        '<h1 id="two words"></h1><a href="../a b.png"></a>'
    )
    (folder / "a b.png").touch()
    (folder / "index.html").write_text(text)
    return folder


def test_a_site_whose_links_all_lead_somewhere(tmp_path: Path) -> None:
    assert [*broken(site(tmp_path))] == [] and main(tmp_path) == 0


@pytest.mark.parametrize(
    "link", ["guide/none.html", "guide/index.html#three", "#none", "none.png", "../outside.html"]
)
def test_a_link_that_leads_nowhere(
    link: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site(tmp_path, f'{GOOD}<a href="{link}"></a>')
    assert main(tmp_path) == 1
    assert capsys.readouterr().out == f"index.html: {link}\n"
