"""The page shows what it is given, runs nothing, and refuses to reach outside its folder."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from superpos.app.claims.counts import SOURCES, headline
from superpos.app.claims.ledger import Claim, to_records
from superpos.app.claims.shown import held_text
from superpos.app.findings import STRONGEST, Cell, Figure, Question, Table
from superpos.app.report import templates
from superpos.app.report.page import config_text, write_page
from tests.superpos.app.report.browser import Browser

HERE = Path(templates.__file__).parent
MAGENTA = (1.0, 0.0, 1.0)
ATTACKS = [
    "<script>document.title = 'owned'</script>",
    "</title></style></code></pre><script>document.title = 'owned'</script>",
    '"><img src=x onerror="document.title = \'owned\'">',
    "' autofocus onfocus='document.title=1",
    "javascript:document.title='owned'",
    "{{ 7 * 7 }}{% raw %}<!-- &lt; ]]>",
]
ATTACK = " ".join(ATTACKS)
TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)


class Reader(HTMLParser):
    """Collects the elements of a page and the text inside each kind of element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._inside, []).append(data)

    def find(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def make_records(*measured: float | None, text: str = "text") -> list[dict[str, Any]]:
    verdicts = [
        Claim(
            id=f"{i} {text}",
            paper=text,
            section=text,
            setting=text,
            claimed=0.5,
            tolerance=0.1,
            relation=">=",
            statement=text,
            source="paper",
            written="before",
        ).judge(value, text)
        for i, value in enumerate(measured)
    ]
    return to_records(verdicts, text)


def make_page(folder: Path, *, text: str = "text", **changes: Any) -> str:
    matplotlib.image.imsave(folder / "figure.png", np.broadcast_to(MAGENTA, (40, 80, 3)))
    values: dict[str, Any] = {
        "title": text,
        "question": text,
        "figures": [Figure("figure.png", text, text)],
        "records": make_records(1.0, 0.0, None, text=text),
        "config": {text: {text: [text, {text: text}]}},
        "command": text,
        "facts": {text: text},
        "tables": [Table(text, [text, text], [[text, text]])],
        "shows": text,
        "questions": [Question(text, [[(text, 0), (text, STRONGEST)]], {text: text})],
    }
    return write_page(folder, **(values | changes)).read_text("utf-8")


def test_the_page_is_written_beside_its_figures(tmp_path: Path) -> None:
    make_page(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"figure.png", "index.html"}


def test_the_page_shows_everything_it_is_given(tmp_path: Path) -> None:
    html = make_page(
        tmp_path,
        title="A title",
        question="A question?",
        figures=[Figure("figure.png", "An alt", "A caption")],
        command="superpos run x --seed 0",
        facts={"Time taken": "3 s"},
        config={"model": {"n": 20}},
        tables=[Table("A table", ["of", "one"], [["first row", "0.25"]])],
        questions=[Question("Latent 1", [[("of a ", 0), ("whale", 3)]], {"model": "shuffled"})],
    )
    page = Reader(html)
    assert page.texts["title"][0] == page.texts["h1"][0] == "A title"
    assert page.find("img") == [{"src": "figure.png", "alt": "An alt"}]
    assert "superpos run x --seed 0" in page.texts["code"]
    assert "model:\n  n: 20" in page.texts["code"]
    assert {"of", "one", "first row"} <= {*page.texts["th"]}
    assert "0.25" in page.texts["td"]
    assert page.texts["dt"] == ["model", "Time taken"]
    assert [text for text in page.texts["dd"] if text.strip()] == ["shuffled", "3 s"]
    assert page.find("mark") == [{"class": "s3"}]
    assert html.index("whale") < html.index("<summary>Answer") < html.index("shuffled")
    for part in ("A question?", "A caption", "A table", "1 of 3 claims of papers reproduced"):
        assert part in html


def test_verdicts_differ_in_word_and_in_colour(tmp_path: Path) -> None:
    page = Reader(make_page(tmp_path, records=make_records(1.0, 0.0, float("nan"), None)))
    words = [text for text in page.texts["span"] if text.strip()]
    assert words == ["reproduced", "NOT reproduced", "NOT reproduced", "not run"]
    rows = [row["class"] for row in page.find("tr") if "class" in row]
    assert rows == ["yes", "no", "no", "unrun"]
    cells = [text for text in page.texts["td"] if text in {"1", "0", "not finite", "—"}]
    assert cells == ["1", "0", "not finite", "—"]


def test_a_run_without_claims_or_figures_has_a_page(tmp_path: Path) -> None:
    html = make_page(tmp_path, records=[], figures=[], tables=[], config={}, facts={})
    assert "claims of papers" not in html
    assert not Reader(html).find("table")


@pytest.mark.parametrize(
    ("measured", "line"),
    [
        ([1.0], "1 of 1 claims of papers reproduced"),
        ([1.0, 0.0], "1 of 2 claims of papers reproduced, 1 not reproduced"),
        ([1.0, None, None], "1 of 3 claims of papers reproduced, 2 not run"),
        ([0.0, 1.0, None], "1 of 3 claims of papers reproduced, 1 not reproduced, 1 not run"),
    ],
)
def test_the_summary_counts_every_claim_once(measured: list[float | None], line: str) -> None:
    assert headline(make_records(*measured)) == line


def test_the_page_says_first_that_the_setting_is_another(tmp_path: Path) -> None:
    records = make_records(1.0, 0.0)
    for record in records:
        record |= {"reproduced": None, "changed": ["fit.n_steps=3 instead of 5"]}
    page = Reader(make_page(tmp_path, records=records))
    words = [text for text in page.texts["span"] if text.strip()]
    assert words == ["other setting: agrees", "other setting: differs"]
    assert "fit.n_steps=3 instead of 5" in page.texts["code"]
    assert "What it shows" not in "".join(page.texts["b"])  # which is of the registered setting
    assert "What it shows" in "".join(Reader(make_page(tmp_path)).texts["b"])


def test_the_page_keeps_sources_apart(tmp_path: Path) -> None:
    records = make_records(1.0, 1.0, 0.0)
    for record, source in zip(records, ("ours", "paper", "paper_number"), strict=True):
        record["source"] = source
    page = Reader(make_page(tmp_path, records=records))
    groups = [text for text in page.texts["b"] if text in SOURCES.values()]
    assert groups == [SOURCES[name] for name in ("paper", "paper_number", "ours")]
    rows = [row["class"] for row in page.find("tr") if "class" in row]
    assert rows == ["yes", "no", "yes"]


def test_what_claims_share_is_said_once_and_what_differs_with_each_group(tmp_path: Path) -> None:
    records = make_records(1.0, 1.0, 0.0)
    for record, setting in zip(records, ("n=2", "n=2", "n=3"), strict=True):
        record |= {"paper": "A paper", "section": "A section", "setting": setting}
    html = make_page(tmp_path, records=records)
    assert html.count("All of A paper, A section") == html.count("A paper") == 1
    assert html.count("· n=2") == html.count("· n=3") == 1


@pytest.mark.parametrize(
    ("relation", "claimed", "tolerance", "words"),
    [
        ("=", 0.2, 0.05, "holds from 0.15 to 0.25"),
        ("=", 3, 0, "holds at 3 alone"),
        (">=", 0.95, 0.05, "holds from 0.9 up"),
        ("<=", 0, 0.01, "holds up to 0.01"),
    ],
)
def test_a_tolerance_is_said_in_words(
    relation: str, claimed: float, tolerance: float, words: str
) -> None:
    record = {"relation": relation, "claimed": claimed, "tolerance": tolerance}
    assert held_text(record) == words


def test_what_a_search_has_found_stands_first(tmp_path: Path) -> None:
    html = make_page(tmp_path, records=[], best=["loss 0.01 at learning_rate=0.1"])
    assert html.index("Best trial") < html.index("loss 0.01 at learning_rate=0.1")
    assert html.index("loss 0.01") < html.index("<main>")
    assert "Best trial" not in make_page(tmp_path)


def test_the_drawing_is_shown_where_there_is_one_and_all_formats_are_offered(
    tmp_path: Path,
) -> None:
    figure = Figure("figure.png", "alt", "caption", formats=("svg", "pdf"))
    page = Reader(make_page(tmp_path, figures=[figure]))
    assert [image["src"] for image in page.find("img")] == ["figure.svg"]
    assert [a["href"] for a in page.find("a")] == ["figure.png", "figure.svg", "figure.pdf"]


def test_hostile_strings_become_text(tmp_path: Path) -> None:
    page = Reader(make_page(tmp_path, text=ATTACK))
    plain = Reader(make_page(tmp_path))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert page.texts["h1"][0] == ATTACK
    assert len(page.find("script")) == 1
    for _, attributes in page.elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=TEXT)
def test_any_text_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    page = Reader(make_page(tmp_path, text=text))
    assert text in page.texts["title"]
    assert text in page.texts["h1"]
    assert text in page.texts["code"]
    assert [image["alt"] for image in page.find("img")] == [text]


def test_the_policy_allows_the_one_style_and_the_script_that_copies(tmp_path: Path) -> None:
    html = make_page(tmp_path, text=ATTACK)
    page = Reader(html)
    [policy] = [meta["content"] for meta in page.find("meta") if "http-equiv" in meta]
    [style] = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    [script] = inline(html)
    assert script.lstrip().startswith((HERE / "copy.js").read_text().rstrip())
    assert policy is not None
    assert policy.split("; ") == [
        "default-src 'none'",
        "img-src 'self' data:",
        f"style-src 'sha256-{digest_of(style)}'",
        f"script-src 'sha256-{digest_of(script)}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


CELL = Cell([0.1, 0.2, 0.3, 0.4], {ATTACK: ATTACK}, [[1.0], [-0.5]], [0.0, 0.25])


def digest_of(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def inline(html: str) -> list[str]:
    """Scripts of a page, data among them."""
    return re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)


def test_a_figure_with_cells_brings_the_one_script_that_the_policy_allows(tmp_path: Path) -> None:
    html = make_page(tmp_path, text=ATTACK, figures=[Figure("figure.png", "alt", "cap", [CELL])])
    page = Reader(html)
    [policy] = [meta["content"] for meta in page.find("meta") if "http-equiv" in meta]
    _, script = inline(html)
    assert policy is not None
    assert f"script-src 'sha256-{digest_of(script)}'" in policy.split("; ")
    assert [tag.get("type") for tag in page.find("script")] == ["application/json", None]


def test_cells_are_data_that_cannot_leave_their_element(tmp_path: Path) -> None:
    html = make_page(tmp_path, figures=[Figure("figure.png", "alt", "cap", [CELL])])
    data, _ = inline(html)
    assert not set(data) & set("<>&'")
    [cell] = json.loads(data)["cells"]
    assert Cell(**cell) == CELL


def test_a_cell_that_is_not_finite_is_an_error(tmp_path: Path) -> None:
    cell = CELL._replace(b=[0.0, float("nan")])
    with pytest.raises(ValueError, match="JSON compliant"):
        make_page(tmp_path, figures=[Figure("figure.png", "alt", "cap", [cell])])


def test_a_page_of_the_site_leads_back_to_the_first_one(tmp_path: Path) -> None:
    assert not Reader(make_page(tmp_path)).find("a")
    [link] = Reader(make_page(tmp_path, home="../index.html")).find("a")
    assert link == {"href": "../index.html"}


def test_each_claim_has_a_place_to_link_to(tmp_path: Path) -> None:
    page = Reader(make_page(tmp_path, records=make_records(1.0, 0.0, None)))
    ids = [row["id"] for row in page.find("tr") if "id" in row]
    assert ids == ["claim-1", "claim-2", "claim-3"]


def test_the_page_refers_to_nothing_but_its_figures(tmp_path: Path) -> None:
    html = make_page(tmp_path)
    named = {a[key] for _, a in Reader(html).elements for key in ("src", "href") if key in a}
    assert named == {"figure.png", "data:,"}
    assert not re.search(r"https?:|url\(|@import", html)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".hidden.png",
        "-rf.png",
        "../figure.png",
        "sub/figure.png",
        "a\\b.png",
        "javascript:alert(1)",
        "https://example.org/a.png",
        "figure.png\n",
        "figure png",
        "é.png",
        "a" * 65,
    ],
)
def test_a_figure_needs_a_plain_file_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        make_page(tmp_path, figures=[Figure(name, "alt", "caption")])
    assert not (tmp_path / "index.html").exists()


def test_a_missing_figure_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"other\.png"):
        make_page(tmp_path, figures=[Figure("other.png", "alt", "caption")])


def test_a_long_plain_name_is_accepted(tmp_path: Path) -> None:
    name = "a" * 60 + ".png"
    (tmp_path / name).touch()
    assert name in make_page(tmp_path, figures=[Figure(name, "alt", "caption")])


def test_the_configuration_reads_like_yaml() -> None:
    config = {
        "model": {"n": 20, "bias": True, "nested": {"ratio": 0.7}},
        "steps": None,
        "sizes": (1, 2.5),
        "parts": [{"kind": "relu"}, []],
        "note": "a: b",
        "empty": {},
    }
    assert config_text(config).splitlines() == [
        "model:",
        "  n: 20",
        "  bias: true",
        "  nested:",
        "    ratio: 0.7",
        "steps: null",
        "sizes: [1, 2.5]",
        "parts: [{kind: relu}, []]",
        'note: "a: b"',
        "empty: {}",
    ]


@pytest.mark.slow
def test_a_browser_shows_the_figure_and_runs_nothing(tmp_path: Path, page: Browser) -> None:
    folder, shot = tmp_path / "run", tmp_path / "shot.png"
    folder.mkdir()
    make_page(folder, text=ATTACK, shows="")
    page.open((folder / "index.html").as_uri(), width=800, height=1200)
    page.shoot(shot, whole=False)
    assert page.value("document.title") == " ".join(ATTACK.split())
    assert page.value("document.scripts.length") == 1
    assert page.complaints == []
    pixels = matplotlib.image.imread(shot)[..., :3]
    assert np.mean(np.all(np.abs(pixels - MAGENTA) < 0.02, axis=-1)) > 0.1
