"""Bad inputs of every surface: refused in one line a problem, soon, and with nothing written.

The tables beside this file say what is given, how each line starts (the key and the value), what it
holds besides (what is allowed), and the exit code or the exception. All run in this process, but
for one that runs as a user does.
"""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from superpos.app import command as program
from superpos.app.boundary import experiments
from superpos.app.config.yaml_files import problems_of
from superpos.app.extensions import VARIABLE
from superpos.app.multirun.search import best_of
from superpos.app.report import stored
from superpos.store import files
from superpos.train import store
from tests.faults import simulator
from tests.faults.bad_inputs import command_line, logs, python_api, records, stores, yaml_texts
from tests.faults.bad_inputs.command_line import COUNT, SEED
from tests.faults.bad_inputs.rows import Row
from tests.faults.bounds import small, soon

ROOT = Path(__file__).resolve().parents[3]
SECONDS, MOST_CHARACTERS = 3.0, 1000
MOST_LINES = 20
ALL = ", ".join(experiments())
Refuse = Callable[..., list[str]]


@pytest.fixture
def refuse(
    as_new_process: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refuse:
    """Run a command line that is to be refused, and give its lines without `superpos: `."""
    monkeypatch.setenv(VARIABLE, os.environ[VARIABLE])  # which --with changes
    monkeypatch.setattr(os, "_exit", lambda code: pytest.fail(f"os._exit({code})"))
    for name in ("superpos.engine.choices", "superpos.engine.program"):
        module = importlib.import_module(name)
        monkeypatch.setattr(module, "compile_chunk", lambda *args, **kw: pytest.fail("compiled"))

    def run(*words: str, quiet: bool = True) -> list[str]:
        monkeypatch.setattr(sys, "argv", ["experiments", *words])
        try:
            with soon(SECONDS):
                code = program.main()
        except SystemExit as ended:
            code = ended.code
        out, err = capsys.readouterr()
        assert code == 2
        assert out == "" or not quiet
        lines = err.splitlines()
        assert all(line.startswith("superpos: ") for line in lines), err
        return [line.removeprefix("superpos: ") for line in lines]

    return run


def there(folder: Path) -> dict[str, bytes]:
    """All that is below a folder, empty folders and locks among it."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


def check_lines(row: Row, lines: Sequence[str], before: str = "") -> None:
    """Each line is one of the row, after what all begin with, and can be read."""
    assert len(lines) == len(row.lines), lines
    for line, (starts, expected) in zip(lines, row.lines, strict=True):
        assert line.startswith(f"{before}{starts}"), line
        assert expected in line, line
        assert len(line.splitlines()) == 1 and len(line) < MOST_CHARACTERS + len(before)


def check_raised(row: Row, before: str, call: Callable[..., Any], *arguments: Any) -> None:
    """A call is refused with the exception of the row."""
    with soon(SECONDS), pytest.raises(row.kind) as raised:
        call(*arguments)
    check_lines(row, [str(raised.value)], before)


def each(table: Sequence[Row]) -> Any:
    """A test for each row."""
    return pytest.mark.parametrize("row", table, ids=lambda row: row.name)


def packed(table: Sequence[Row]) -> list[list[Row]]:
    """Rows in as few command lines as name each key once; of `fit` one error is told."""
    packs: list[dict[str, Row]] = []
    for row in table:
        [word] = row.given
        key = "fit" if word.startswith("fit.") else word.partition("=")[0]
        pack = next((pack for pack in packs if key not in pack and len(pack) < MOST_LINES), None)
        if pack is None:
            packs.append(pack := {})
        pack[key] = row
    return [[*pack.values()] for pack in packs]


COMMANDS = [
    *(*command_line.TOGETHER, *command_line.UNKNOWN, *command_line.AXES),
    *(*command_line.STATIC, *command_line.TABLES, *command_line.MORE),
]


def test_each_surface_has_its_table_and_no_input_is_there_twice() -> None:
    tables = {
        "command line": [*command_line.VALUES, *COMMANDS, *command_line.WHOLE],
        "YAML": [*yaml_texts.TABLE, *yaml_texts.EXPERIMENTS],
        "Python": python_api.TABLE,
        "stores": stores.TABLE,
        "records": [*records.TABLE, *records.SEARCHES],
        "logs": logs.TABLE,
    }
    assert all(len(table) >= 20 for table in tables.values())
    assert sum(map(len, tables.values())) >= 300
    for table in tables.values():
        assert len({row.name for row in table}) == len(table)
        for row in table:
            assert all(starts + expected for starts, expected in row.lines)


@pytest.mark.parametrize("pack", packed(command_line.VALUES), ids=len)
def test_each_bad_value_is_a_line(refuse: Refuse, tmp_path: Path, pack: list[Row]) -> None:
    lines = refuse("experiment=train", "output_dir=out", *(row.given[0] for row in pack))
    assert len(lines) == len(pack)
    told = {row.lines[0][0] for row in pack}
    assert {start for start in told if not any(line.startswith(start) for line in lines)} == set()
    assert there(tmp_path) == {}


@pytest.mark.slow
@each(COMMANDS)
def test_bad_words_beside_an_experiment_are_lines(refuse: Refuse, tmp_path: Path, row: Row) -> None:
    check_lines(row, refuse("experiment=train", "output_dir=out", *row.given))
    assert there(tmp_path) == {}


@pytest.mark.slow
@each(command_line.WHOLE)
def test_a_bad_command_line_is_a_line(refuse: Refuse, tmp_path: Path, row: Row) -> None:
    check_lines(row, refuse(*row.given))
    assert there(tmp_path) == {}


@each(yaml_texts.TABLE)
def test_a_bad_yaml_file_is_a_line(tmp_path: Path, row: Row) -> None:
    path = tmp_path / "own.yaml"
    row.given(path)
    with soon(SECONDS), small():
        lines = problems_of(path)
    check_lines(row, lines, str(path))
    assert [*tmp_path.iterdir()] in ([path], [])


@pytest.mark.slow
@each(yaml_texts.EXPERIMENTS)
def test_a_bad_experiment_file_is_a_line(refuse: Refuse, tmp_path: Path, row: Row) -> None:
    path = tmp_path / "conf" / "experiment" / "own.yaml"
    path.parent.mkdir(parents=True)
    row.given(path)
    before = there(tmp_path)
    check_lines(row, refuse("--config-dir", "conf", "experiment=own", "output_dir=out"))
    assert there(tmp_path) == before


@each(python_api.TABLE)
def test_a_bad_call_is_a_line(tmp_path: Path, row: Row) -> None:
    check_raised(row, "", row.given, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {"a.npy", "a.npz", "a.txt"}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The header of a small sweep."""
    folder = tmp_path_factory.mktemp("sound")
    simulator.sweep(folder)
    return files.read_header(folder)


@each(stores.TABLE)
def test_a_bad_store_is_a_line(tmp_path: Path, row: Row, sound: Any) -> None:
    row.given(tmp_path, sound)
    made = [*tmp_path.iterdir()]
    with small():
        check_raised(row, str(tmp_path), store.open, tmp_path)
    assert [*tmp_path.iterdir()] == made


@each(records.TABLE)
def test_a_bad_record_is_a_line(tmp_path: Path, row: Row) -> None:
    for name, text in {**records.SOUND, **dict([row.given])}.items():
        (tmp_path / name).write_text(text)
    before = there(tmp_path)
    with small():
        check_raised(row, str(tmp_path), stored.read, tmp_path)
    assert there(tmp_path) == before


@each(records.SEARCHES)
def test_what_no_search_has_left_is_a_line(tmp_path: Path, row: Row) -> None:
    path = tmp_path / "optimization_results.yaml"
    path.write_text(row.given)
    with small():
        check_raised(row, str(path), best_of, path, "loss")


@each(logs.TABLE)
def test_a_bad_log_is_a_line(refuse: Refuse, tmp_path: Path, row: Row) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_bytes(row.given)
    with small():
        check_lines(row, refuse("triggers", "audit", "runs.jsonl"), "runs.jsonl")
    assert there(tmp_path) == {"runs.jsonl": row.given}


# What needs more than a row.


@pytest.mark.parametrize("place", ["none", ".", "huge"])
def test_a_log_that_is_no_file_or_too_large(refuse: Refuse, tmp_path: Path, place: str) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2**40)
    [line] = refuse("triggers", "audit", place)
    expected = "too large, expected at most" if place == "huge" else "expected a file to read"
    assert line.startswith(f"{place}: {expected}")


def test_every_problem_is_listed_at_once(refuse: Refuse) -> None:
    words = ("model.n_hidden=0", "data.density=7", "optim.learning_rate=-1", "fit.n_steps=-1")
    more = ("seed=-4", "engine.chunk=0", "sweep.model.init.init_scale=[0]", "+foo=1")
    lines = refuse("experiment=train", "output_dir=out", *words, *more)
    assert sorted(line.split("=")[0].split(":")[0] for line in lines) == sorted(
        word.split("=")[0].lstrip("+") for word in (*words, *more)
    )


def test_no_more_than_twenty_lines(refuse: Refuse) -> None:
    words = [f"+data.foo{number}=1" for number in range(30)]
    lines = refuse("experiment=train", "output_dir=out", *words)
    assert len(lines) in (20, 21)  # the last may say how many there are besides
    assert lines[0].startswith("data.foo0: unknown")


def test_without_an_experiment_the_config_is_trained_and_checked(
    refuse: Refuse, tmp_path: Path
) -> None:
    assert refuse("data.density=3") == ["data.density=3: expected a number in (0, 1]"]
    assert there(tmp_path) == {}


@pytest.mark.parametrize("name", ["foo", "elhage/phase_chang", "elhage", "../config", "", "3"])
def test_unknown_experiment_lists_all(refuse: Refuse, name: str, tmp_path: Path) -> None:
    [line] = refuse(f"experiment={name}")
    close = "; did you mean elhage/phase_change?" if name == "elhage/phase_chang" else ""
    assert line.startswith(f"experiment={name}: expected one of {ALL}{close}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/below", "file/far/below"])
def test_output_folder_that_cannot_be_made(refuse: Refuse, place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    [line] = refuse("experiment=train", f"output_dir={place}")
    assert line.startswith("output_dir=file")
    assert "expected a folder to write to" in line
    assert there(tmp_path) == {"file": b"mine"}


@pytest.mark.parametrize("words", ["output_dir=", "output_dir=null", "output_dir=[a]"])
def test_output_folder_that_is_no_name(refuse: Refuse, words: str, tmp_path: Path) -> None:
    [line] = refuse("experiment=train", words)
    assert "output_dir" in line
    assert there(tmp_path) == {}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_output_folder_without_permission(refuse: Refuse, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    [line] = refuse("experiment=train", "output_dir=closed/out")
    assert line.startswith("output_dir=closed/out: expected a folder to write to (Permission")


def make_store(folder: Path, name: str = "sweep", **spec: Any) -> None:
    """The header of a sweep, as another experiment would have left it."""
    from superpos.store import files

    (folder / name / "chunks").mkdir(parents=True)
    header = {
        "spec": {"data.density": 1, "key": [0, 0], **spec},
        "axes": {"seed": [0]},
        "zipped": [],
        "fit": {"n_steps": 2, "log_every": 1, "batch_size": 8},
        "schema": {"diverged_step": {"shape": [], "dtype": "int32", "dims": []}},
        "coordinates": {"step": [1, 2]},
        "width": [1, 1],
        "fingerprint": {"jax": "0"},
    }
    files.write_header(folder / name, header)
    (folder / "config.yaml").write_text("title: another run\n")
    (folder / "index.html").write_text("<p>another run")


def test_output_folder_of_another_sweep_is_left_alone(refuse: Refuse, tmp_path: Path) -> None:
    make_store(tmp_path / "out", **{"data.density": 0.25})
    before = there(tmp_path)
    [line] = refuse("experiment=train", "output_dir=out", quiet=False)
    assert line.startswith("out/sweep: holds a sweep with data.")
    assert "choose another folder" in line
    assert there(tmp_path) == before


@pytest.mark.parametrize("name", ["sweep.json", "multirun.json"])
def test_no_variant_is_trained_before_the_folders_of_all_are_known_to_do(
    refuse: Refuse, tmp_path: Path, name: str
) -> None:
    make_store(tmp_path / "out", "b", **{"data.density": 0.25})
    (tmp_path / "out" / "b" / "sweep.json").rename(tmp_path / "out" / "b" / name)
    before = there(tmp_path)
    variants = ("+variants.a={seed:1}", "+variants.b={seed:2}")
    [line] = refuse("experiment=train", "output_dir=out", *variants, quiet=False)
    held = "asked for" if name == "sweep.json" else "static axes;"
    assert line.startswith("out/b: holds a sweep with ") and held in line
    assert "choose another folder" in line
    assert there(tmp_path) == before


@pytest.mark.parametrize("place", ["out", "new/far/out", "there"])
def test_a_run_that_does_not_fit_into_memory_leaves_nothing(
    refuse: Refuse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def too_large(*args: Any, **kw: Any) -> None:
        raise MemoryError("one member needs 2 GiB and 1 GiB may be used")

    monkeypatch.setattr(
        importlib.import_module("superpos.engine.choices"), "compile_chunk", too_large
    )
    (tmp_path / "there").mkdir()
    assert refuse("experiment=train", f"output_dir={place}", quiet=False) == [
        "one member needs 2 GiB and 1 GiB may be used"
    ]
    assert there(tmp_path) == {"there": b""}


@pytest.mark.slow
def test_damaged_header_is_refused_and_left_alone(refuse: Refuse, tmp_path: Path) -> None:
    make_store(tmp_path / "out")
    path = tmp_path / "out" / "sweep" / "sweep.json"
    path.write_text(path.read_text()[:-40])
    before = there(tmp_path)
    [line] = refuse("experiment=train", "output_dir=out", quiet=False)
    assert line.startswith("out/sweep/sweep.json: damaged")
    assert there(tmp_path) == before


def test_multirun_refuses_each_job_in_a_line(refuse: Refuse, tmp_path: Path) -> None:
    lines = refuse("-m", "experiment=train", "model.n_hidden=0,-1", "data.density=0.5")
    assert lines == [f"model.n_hidden=0: {COUNT}", f"model.n_hidden=-1: {COUNT}"]
    assert there(tmp_path) == {}


# As a user does it.


@pytest.mark.slow
def test_bad_input_from_a_shell(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "experiments", "experiment=train", "seed=1.5", "fit.batch_size=0"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    lines = [f"seed=1.5: {SEED}", f"fit.batch_size=0: {COUNT}"]
    assert done.stderr.splitlines() == [f"superpos: {line}" for line in lines]
    assert there(tmp_path) == {}
