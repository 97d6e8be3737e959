"""What is written after the last chunk: refused in one line or made anew, and the store is kept."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import xarray
from rich.console import Console

from superpos.app import command, runner
from superpos.app.claims import ledger
from superpos.app.findings import Figure, Findings
from superpos.app.jobs import Launch
from superpos.app.multirun.finishing import Finishing
from superpos.app.multirun.multirun import Multirun
from superpos.app.multirun.search import Search
from superpos.app.plots.figures import new_figure, save
from superpos.app.report import gallery, stored
from superpos.store import derived
from superpos.train import StoreError
from tests.superpos.app.report.sites import keep, records
from tests.superpos.app.test_runner import tiny

DERIVED = ("config.yaml", "claims.json", "figures.json", "index.html", "line.png")
CONFIG = {
    **{"experiment": "a", "title": "A", "question": "Why?", "command": "a", "objective": "loss"},
    "analysis": {"kind": "train"},
}
LINE = Figure("line.png", "A line", "A caption")


def report(folder):
    """What a run does once its members are trained."""
    dataset = xarray.Dataset(
        {"status": ("seed", ["ok", "ok"]), "loss": (("seed", "step"), np.ones((2, 1)))}
    )
    trained = {"sweep": runner.TrainedSweep(dataset, 0, 1.0)}

    def analyse(datasets, folder):
        derived.replace(folder / LINE.name, b"drawn")
        return Findings(figures=[LINE])

    return runner.report(CONFIG, analyse, trained, folder, Console(quiet=True))


def whole(folder):
    """Whether all files are there and sound, and nothing is left over."""
    stored.read(folder)
    names = {path.name for path in folder.iterdir()} - {"quarantine"}
    return names == {*DERIVED} and all((folder / name).is_file() for name in DERIVED)


def a_folder(path):
    path.unlink()
    path.mkdir()
    (path / "mine").write_text("kept")


def a_pipe(path):
    path.unlink()
    os.mkfifo(path)


def a_loop(path):
    path.unlink()
    path.symlink_to(path.name)


def gone(path):
    path.unlink()


def truncated(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbage(path):
    path.write_bytes(b"\xff[{" * 1000)


def of_other_types(path):
    path.write_text('{"figures": 3, "tables": null, "facts": {"Time taken, sweep": [1]}}')


DAMAGES = (a_folder, a_pipe, a_loop, gone, truncated, garbage, of_other_types)


@pytest.mark.filterwarnings("ignore:.*(made anew|expected a file)")
@pytest.mark.parametrize("damage", DAMAGES)
def test_whatever_a_derived_file_has_become_the_same_run_heals_it(tmp_path, damage):
    report(tmp_path)
    for name in DERIVED:
        damage(tmp_path / name)
    assert report(tmp_path).code == 0
    assert whole(tmp_path)
    if damage is a_folder:
        aside = [*(tmp_path / "quarantine").iterdir()]
        kept = {path.name: (path / "mine").read_text() for path in aside}
        assert kept == dict.fromkeys(DERIVED, "kept")


def test_what_is_made_anew_is_told(tmp_path):
    report(tmp_path)
    a_folder(tmp_path / "index.html")
    with pytest.warns(UserWarning, match="index.html: .*moved to .*quarantine"):
        report(tmp_path)
    truncated(tmp_path / "figures.json")
    with pytest.warns(UserWarning, match="figures.json: damaged, made anew"):
        report(tmp_path)


def failing_from(number, real, error):
    """A function of the operating system that fails from some call on."""
    calls = iter(range(number))

    def call(*args, **options):
        if next(calls, None) is None:
            raise OSError(error, os.strerror(error))
        return real(*args, **options)

    return call


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_is_full_at_any_moment_is_one_line_and_the_same_run_goes_on(
    tmp_path, monkeypatch, error
):
    number = 0
    while not whole_after(tmp_path, monkeypatch, number, error):
        assert not [*tmp_path.rglob("*.tmp")]
        number += 1
    assert number == 2 * len(DERIVED)  # the file, and its folder
    assert whole(tmp_path)


def whole_after(folder, monkeypatch, number, error):
    """Whether a run is done that may sync a number of times; else it was refused in one line."""
    for path in folder.iterdir() if number % 2 else ():
        path.unlink()
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", failing_from(number, os.fsync, error))
        try:
            report(folder)
        except StoreError as refusal:
            assert str(folder) in str(refusal) and os.strerror(error) in str(refusal)
            assert "\n" not in str(refusal)
            return False
    return True


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, one_line):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError) as refusal:
        runner.run(tiny(tmp_path / "file" / "run"))
    assert one_line(refusal, str(tmp_path / "file"))


def full_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", failing_from(0, os.fsync, errno.ENOSPC))


def test_a_figure_and_a_ledger_are_written_whole_or_not_at_all(tmp_path, monkeypatch, one_line):
    figure, _ = new_figure(1, 1)
    paths = tmp_path / "figure.svg", tmp_path / "claims.json"
    for path in paths:
        path.write_text("old")
    full_disk(monkeypatch)
    for write in (lambda: save(figure, paths[0]), lambda: ledger.write(paths[1], [])):
        with pytest.raises(StoreError) as refusal:
            write()
        assert one_line(refusal, str(tmp_path), "No space left")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "figure.svg": "old",
        "claims.json": "old",
    }


def test_a_job_whose_files_cannot_be_written_has_its_value_and_its_reason(tmp_path, monkeypatch):
    job = Finishing({"analysis": {"kind": "train"}}, lambda *_: None, Path("all"), None)  # type: ignore[arg-type]
    monkeypatch.setattr(job, "_value", lambda: (0.5, None))
    with monkeypatch.context() as full:
        full_disk(full)
        assert job(tmp_path) == 0.5
    assert job.failure == f"{tmp_path / 'result.json'}: cannot write (No space left on device)"
    assert job(tmp_path) == 0.5
    assert job.failure is None
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


@pytest.fixture
def ran(tmp_path):
    """A run that finished, without a figure that would have to be drawn."""
    folder = tmp_path / "ran"
    folder.mkdir()
    (folder / LINE.name).write_bytes(b"drawn")
    return keep(folder, "one", records("one", "A paper", 1.0), [LINE])


def test_a_site_that_cannot_be_written_is_one_line_and_heals(ran, tmp_path, monkeypatch, one_line):
    site = tmp_path / "site"
    site.write_text("in the way")
    with pytest.raises(StoreError) as refusal:
        gallery.build(site, [ran])
    assert one_line(refusal, str(site))
    site.unlink()
    with monkeypatch.context() as full, pytest.raises(StoreError) as refusal:
        full_disk(full)
        gallery.build(site, [ran])
    assert one_line(refusal, str(site), "No space left")
    assert gallery.build(site, [ran]).is_file()


def test_a_figure_that_lies_elsewhere_is_neither_read_nor_copied(ran, tmp_path, one_line):
    path = ran.folder / "figures.json"
    path.write_text(path.read_text().replace("line.png", "../secret.png"))
    (tmp_path / "secret.png").write_bytes(b"secret")
    with pytest.raises(StoreError) as refusal:
        gallery.build(tmp_path / "site", [ran])
    assert one_line(refusal, "does not hold a finished run", "secret.png")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("word", ["claims", "report"])
def test_a_command_that_cannot_write_says_so_in_one_line(monkeypatch, capsys, word):
    def refused(words):
        raise StoreError("claims.json: cannot write (No space left on device)")

    module = {
        "claims": "superpos.app.claims.everything",
        "report": "superpos.app.report.everything",
    }
    monkeypatch.setattr(f"{module[word]}.main", refused)
    assert command.main([word]) == 2
    assert capsys.readouterr().err == (
        "superpos: claims.json: cannot write (No space left on device)\n"
    )


def test_a_multirun_whose_page_cannot_be_written_says_so_in_one_line(monkeypatch, capsys, tmp_path):
    batches, multirun = command._Batches(), Multirun()
    multirun.launch = Launch(tmp_path, (), {}, {}, None, tmp_path / "found.yaml", "a")
    multirun._search = Search(multirun.launch)
    multirun.jobs = [({"overrides": ["a=1"]}, Finishing({}, lambda *_: None, tmp_path, None))]  # type: ignore[arg-type]
    multirun.jobs[0][1].failure = "diverged@3"
    batches._multirun = multirun

    def refused(*_):
        raise StoreError("index.html: cannot write (No space left on device)")

    monkeypatch.setattr("superpos.app.multirun.page.write", refused)
    assert batches.close() == 2
    captured = capsys.readouterr()
    assert captured.err == "superpos: index.html: cannot write (No space left on device)\n"
    assert "diverged@3" in captured.out
