"""What stands on the pages of the site runs as it stands there."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import matplotlib
import pytest

from superpos.app import boundary

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "made" not in path.parts)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(
    r"^```(?:\w+|\{code-block\} \w+\n:caption: \S+)\n(.*?)^```", re.MULTILINE | re.DOTALL
)
FILE = re.compile(r"^```\{code-block\} \w+\n:caption: (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELL = [
    line
    for path in PAGES
    for kind, text in BLOCK.findall(path.read_text())
    if kind == "sh"
    for line in text.replace("\\\n", " ").splitlines()
]


def blocks(page: Path) -> list[str]:
    """The Python blocks of a page."""
    return [text for kind, text in BLOCK.findall(page.read_text()) if kind == "python"]


def test_every_block_is_of_a_kind_that_is_tried() -> None:
    kinds = {kind for path in PAGES for kind, _ in BLOCK.findall(path.read_text())}
    assert kinds == {"python", "sh"}
    starts = {line for path in PAGES for line in path.read_text().splitlines() if line[:3] == "```"}
    known = r"```(python|sh|\{toctree\}|\{glossary\}|\{code-block\} (python|yaml))?"
    assert [line for line in starts if not re.fullmatch(known, line)] == []


def test_a_line_of_code_fits_into_the_column() -> None:
    """At 1,400 pixels the site has room for 100 characters."""
    texts = {path.name: path.read_text() for path in PAGES}
    code = [(name, each) for name, text in texts.items() for each in CODE.findall(text)]
    for path in DOCS.glob("notebooks/*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        code += [(path.name, "".join(cell["source"])) for cell in cells if "outputs" in cell]
    assert [(name, line) for name, text in code for line in text.splitlines() if line[100:]] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page)], ids=lambda page: page.stem
)
def test_the_python_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its blocks one after the other; what they find out they assert themselves."""
    monkeypatch.chdir(tmp_path)
    matplotlib.use("agg")
    scope: dict[str, Any] = {}
    for block in blocks(page):
        exec(block, scope)  # noqa: S102


@pytest.mark.parametrize("line", SHELL)
def test_a_command_is_one(line: str) -> None:
    """A target of the Makefile, an extra, or words of which a config can be composed."""
    first, *words = line.split()
    if first == "make":
        assert f"\n{words[0]}:" in (ROOT / "Makefile").read_text()
    elif first == "pip":
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        [extra] = re.findall(r"^install '\.\[(\w+)\]'$", " ".join(words))
        assert extra in extras["optional-dependencies"]
    elif " -m experiments.export " in line:
        assert words[:2] == ["-m", "experiments.export"] and len(words) == 4
    elif "--with" not in words:  # the experiment of a package is run below
        assert re.match(r"superpos |\.venv/bin/python -m experiments ", line)
        said = re.findall(r"'[^']*'|\S+", line)[1:]
        values = [word.strip("'") for word in said if "=" in word and "hydra" not in word]
        assert boundary.compose(
            [value if "[" in value else value.split(",")[0] for value in values]
        )


@pytest.mark.slow
def test_the_package_that_a_page_builds_runs(tmp_path: Path) -> None:
    for name, text in FILE.findall((DOCS / "adding.md").read_text()):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    words = ["--with", "my_package", "experiment=mine/first"]
    done = subprocess.run(
        [sys.executable, "-m", "superpos.app", *words],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "SUPERPOS_WITH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "outputs" / "mine" / "first" / "index.html").is_file()
