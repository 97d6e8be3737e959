"""The notebooks of the site run, and print what is stored in them."""

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[-+]\d+)?")


def printed(cell: dict[str, Any]) -> str:
    """What is stored of what a cell printed."""
    outputs = (each for each in cell["outputs"] if each["output_type"] == "stream")
    return "".join(line for each in outputs for line in each["text"])


def test_there_are_four_with_all_their_outputs() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["gauge", "own", "saes", "start"]
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text())["cells"]
        counts = [cell["execution_count"] for cell in cells if cell["cell_type"] == "code"]
        assert counts == [*range(1, len(counts) + 1)], f"{path.name}: make notebooks"
        assert "image/png" in path.read_text()
        assert path.stat().st_size < 100_000


def test_every_picture_says_in_words_what_it_shows() -> None:
    for path in NOTEBOOKS:
        for cell in json.loads(path.read_text())["cells"]:
            if any("image/png" in each.get("data", {}) for each in cell.get("outputs", ())):
                assert cell["metadata"]["mystnb"]["image"]["alt"], f"{path.name}: {cell['id']}"
    for page in FOLDER.parent.rglob("*.md"):
        figures = re.findall(r"\{figure\}.*\n(.*)", page.read_text())
        assert all(line.startswith(":alt: ") for line in figures), page.name


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_prints_what_is_stored_in_it(path: Path) -> None:
    """The same words; numbers to a tenth of their size, or to 0.001 where they are rounding."""
    matplotlib.use("agg")
    scope: dict[str, Any] = {}
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] != "code":
            continue
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec("".join(cell["source"]), scope)  # noqa: S102
        now, stored = out.getvalue(), printed(cell)
        assert NUMBER.sub("#", now) == NUMBER.sub("#", stored)
        found, expected = ([float(n) for n in NUMBER.findall(text)] for text in (now, stored))
        np.testing.assert_allclose(found, expected, rtol=0.1, atol=1e-3)
