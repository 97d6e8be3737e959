"""Links inside an output folder: none is followed for writing, moving or removing."""

import os
from pathlib import Path

import pytest

from superpos.app import runner
from superpos.app.multirun.workers.submitit_jobs import submitit_jobs
from superpos.app.report import gallery
from superpos.engine.after import check_stage
from superpos.engine.shared import joining
from superpos.store import afterwards, derived, files, multirun
from superpos.train import StoreError
from tests.faults import simulator
from tests.faults.test_disk import finishes, refused
from tests.superpos.app.test_runner import tiny

OTHERS = ("notes.ckpt", "mine.chunk", ".half.tmp", ".lock", "sweep.json", "page.html")


@pytest.fixture
def elsewhere(tmp_path):
    """A folder of someone's own, whose files are called as ours are; it stays as it is."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for name in OTHERS:
        (folder / name).write_text("mine")
    yield folder
    assert {path.name: path.read_text() for path in folder.iterdir()} == dict.fromkeys(
        OTHERS, "mine"
    )


def leads_away(path, target):
    """Put a link in the place of a file or a folder."""
    if os.path.lexists(path):
        path.rename(path.with_name(f"{path.name} before"))
    path.symlink_to(target)


def begun(folder):
    """A sweep of which two chunks are lacking."""
    simulator.sweep(folder)
    for path in files.chunk_files(folder)[:2]:
        path.unlink()


@pytest.mark.parametrize("name", ["chunks", "ckpt", "quarantine", ".lock"])
def test_a_link_in_a_sweep_is_refused_in_one_line(tmp_path, elsewhere, one_line, name):
    folder = tmp_path / "sweep"
    begun(folder)
    leads_away(folder / name, elsewhere / name if name == ".lock" else elsewhere)
    assert refused(folder, one_line, name) == []
    (folder / name).unlink()
    simulator.sweep(folder)


def test_a_link_to_the_folder_of_an_evaluation_is_refused(tmp_path, elsewhere, one_line):
    (tmp_path / afterwards.FOLDER).symlink_to(elsewhere)
    with pytest.raises(StoreError) as refusal:
        check_stage(tmp_path, "loss", {}, [])
    assert one_line(refusal, afterwards.FOLDER)


def test_a_link_that_comes_during_the_run_is_refused(tmp_path, elsewhere, one_line):
    folder = tmp_path / "sweep"
    refused(folder, one_line, action=lambda: leads_away(folder / "chunks", elsewhere))


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path, elsewhere):
    folder = tmp_path / "sweep"
    begun(folder)
    sound = files.chunk_files(folder)[0]
    (folder / "chunks" / f".{sound.name}.tmp").symlink_to(elsewhere / "page.html")
    for name in ("stale.ckpt", "other.ckpt"):
        (folder / "ckpt").mkdir(exist_ok=True)
        (folder / "ckpt" / name).symlink_to(elsewhere / "notes.ckpt")
    leads_away(sound, elsewhere / "mine.chunk")
    with pytest.warns(UserWarning, match=sound.name):
        simulator.sweep(folder)
    assert finishes(folder, [None] * simulator.N_MEMBERS)
    assert (folder / "quarantine" / sound.name).is_symlink()
    assert not any((folder / "ckpt").iterdir())


def test_the_output_folder_itself_may_be_a_link(tmp_path):
    (tmp_path / "large disk").mkdir()
    (tmp_path / "sweep").symlink_to(tmp_path / "large disk")
    assert finishes(tmp_path / "sweep", [])
    assert len(files.chunk_files(tmp_path / "large disk")) == simulator.N_CHUNKS


def test_a_worker_follows_no_link(tmp_path, elsewhere, one_line):
    leads_away(tmp_path / "chunks", elsewhere)
    with (
        pytest.raises(StoreError) as refusal,
        joining(tmp_path, simulator.GRID, simulator.SPEC),
    ):
        pass
    assert one_line(refusal, "chunks")


@pytest.mark.parametrize("name", ["groups", "groups/a"])
def test_groups_of_a_multirun_are_no_links(tmp_path, elsewhere, one_line, name):
    folder = tmp_path / "all"
    (folder / name).parent.mkdir(parents=True)
    (folder / name).symlink_to(elsewhere)
    with pytest.raises(StoreError) as refusal:
        multirun.group_folder(folder, "a")
    assert one_line(refusal, name)


def test_files_of_a_cluster_are_not_kept_behind_a_link(tmp_path, elsewhere, one_line):
    pytest.importorskip("submitit")
    (tmp_path / "submitit").symlink_to(elsewhere)
    with pytest.raises(StoreError) as refusal:
        submitit_jobs({"cluster": "debug"}, tmp_path)
    assert one_line(refusal, "submitit")


def test_a_variant_is_no_link(tmp_path, elsewhere, one_line):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "sweep").symlink_to(elsewhere)
    with pytest.raises(StoreError) as refusal:
        runner.run(tiny(folder))
    assert one_line(refusal, str(folder / "sweep"))


def test_a_site_is_not_built_behind_a_link(tmp_path, elsewhere, one_line):
    (tmp_path / "report").symlink_to(elsewhere)
    with pytest.raises(StoreError) as refusal:
        gallery.build(tmp_path / "report", [])
    assert one_line(refusal, "report")


def test_a_page_takes_the_place_of_a_link(tmp_path, elsewhere):
    (tmp_path / "index.html").symlink_to(elsewhere / "page.html")
    derived.replace(tmp_path / "index.html", b"new")
    assert not (tmp_path / "index.html").is_symlink()
    assert (tmp_path / "index.html").read_bytes() == b"new"


def test_a_path_inside_a_folder_has_no_link_wherever_it_is(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "here").symlink_to(".")
    (tmp_path / "a" / "lost").symlink_to("nowhere")
    assert files.own(tmp_path, "a", "b", "new") == tmp_path / "a" / "b" / "new"
    for names in (("here",), ("here", "b"), ("lost",), ("b", "..", "here")):
        with pytest.raises(StoreError, match="expected no link inside"):
            files.own(tmp_path / "a", *names)


def test_no_file_is_written_but_by_commit():
    """Whatever writes into an output folder goes through files.py, which follows no link."""
    root = Path(files.__file__).parents[1]
    ways = (".write_text(", ".write_bytes(", '"w"', '"wb"', "savefig(path", ".rmdir(")
    # Empty folders of what was refused are removed by rmdir, which follows no link.
    removing = {"app/boundary.py", "store/files.py"}
    allowed = {"store/export.py", "app/multirun/workers/submitit_jobs.py", *removing}
    found = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if any(way in path.read_text() for way in ways)
    }
    assert found <= allowed
