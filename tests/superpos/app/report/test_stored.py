"""What a run leaves on disk comes back as it was, or is refused in one line."""

from pathlib import Path

import pytest
import yaml

from superpos.app.claims import ledger
from superpos.app.findings import Cell, Figure, Findings, Question, Table
from superpos.app.report import stored
from superpos.store.bounded import StoreError

CELL = Cell([0.0, 0.25, 0.5, 0.75], {"density p": "0.1"}, [[1.0, 0.0]], [0.5])
TABLES = [Table("caption", ["a", "b"], [["<i>", "2"], ["3", ""]])]
FIGURES = [Figure("a.png", "alt", "caption", [CELL]), Figure("b.png", "ålt", "<b>", [])]
CONFIG = {
    "title": "A title",
    "question": "Why?",
    "command": "run",
    "nested": {"list": [1, 2.5, None]},
}
RECORDS = ledger.to_records(
    [
        ledger.Claim(
            id="a",
            paper="p",
            section="1",
            setting="s",
            claimed=1.0,
            tolerance=0.0,
            relation="=",
            statement="one",
            source="theory",
            written="before",
        ).judge(1.0)
    ],
    "run",
)
QUESTIONS = [Question("Latent 1", [[["of ", 0], ["<b>", 4]]], {"model": "trained"})]
FACTS = '{"figures": [], "tables": [], "facts": {}, '
QUESTION = '{"title": "a", "excerpts": [[["b", 1]]], "answer": {}}'
FILES = ("config.yaml", "claims.json", "figures.json")


def keep(folder: Path) -> None:
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    ledger.write(folder / "claims.json", RECORDS)
    stored.write_findings(folder, Findings([], FIGURES, TABLES, QUESTIONS), {"Time taken": "3 s"})


def test_a_run_comes_back_as_it_was(tmp_path: Path) -> None:
    keep(tmp_path)
    run = stored.read(tmp_path)
    assert run == (CONFIG, RECORDS, FIGURES, TABLES, QUESTIONS, {"Time taken": "3 s"})
    assert stored.read_facts(tmp_path) == run.facts


def test_a_folder_without_a_run_states_nothing(tmp_path: Path) -> None:
    assert stored.read_facts(tmp_path) == {}


def test_a_number_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    cell = CELL._replace(W=[[float("inf"), 0.0]])
    with pytest.raises(ValueError, match="JSON compliant"):
        stored.write_findings(
            tmp_path, Findings([], [Figure("a.png", "alt", "caption", [cell])]), {}
        )
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *((name, None) for name in FILES),
        *((name, "{") for name in FILES),
        *((name, "[1]") for name in FILES),
        ("config.yaml", ""),
        ("config.yaml", "title: only"),
        ("figures.json", '{"figures": []}'),
        ("figures.json", '{"figures": [{"name": "a.png"}], "tables": [], "facts": {}}'),
        ("figures.json", '{"figures": [], "tables": [], "facts": 2}'),
        ("figures.json", '{"figures": [], "tables": [{"rows": []}], "facts": {}}'),
        ("figures.json", FACTS + '"questions": [{"title": "a"}]}'),
        ("figures.json", FACTS + '"questions": [' + QUESTION.replace("1", "9") + "]}"),
        ("figures.json", FACTS + '"questions": [' + QUESTION.replace('"b"', "3") + "]}"),
    ],
)
def test_a_file_that_is_missing_or_wrong_is_one_line(
    tmp_path: Path, name: str, content: str | None
) -> None:
    keep(tmp_path)
    path = tmp_path / name
    path.unlink()
    if content is not None:
        path.write_text(content)
    with pytest.raises(StoreError, match="does not hold a finished run") as caught:
        stored.read(tmp_path)
    assert "\n" not in str(caught.value)
