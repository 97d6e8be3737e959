"""Disks that are full, read-only, gone, or something else than a folder: one line, nothing lost."""

import resource
import shutil
import subprocess

import numpy as np
import pytest

from superpos.store import files
from superpos.train import StoreError, store
from tests.faults import simulator


def refused(folder, one_line, *words, action=lambda: None):
    """Sweep until it is refused in one line; what is done before the fourth chunk is committed.

    Returns:
        The ids that were finished before.
    """
    finished = []

    def tell(what, ids):
        if what == "finished":
            finished.extend(ids)
        elif len(finished) == 3 * simulator.CHUNK:
            action()

    with pytest.raises(StoreError) as refusal:
        simulator.sweep(folder, tell=tell)
    assert one_line(refusal, str(folder), *words)
    return finished


def finishes(folder, finished):
    """Whether the same sweep again trains what is missing only, and is right."""
    trained = []
    table = simulator.sweep(
        folder, tell=lambda what, ids: trained.extend(ids if what == "trained" else [])
    )
    again = set(trained) & set(finished)
    there = len(trained) == simulator.N_MEMBERS - len(finished)
    whole = np.array_equal(table.arrays["W"], simulator.expected())
    return whole and there and not again and not [*folder.rglob("*.tmp")]


@pytest.fixture
def mount():
    """Mount something on a folder until the end of the test; where one may not, skip it."""
    mounted = []

    def mount(folder, *options, again=False):
        try:
            subprocess.run(["mount", *options, str(folder)], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"cannot mount here: {getattr(error, 'stderr', error)}")
        if not again:
            mounted.append(folder)

    yield mount
    for folder in reversed(mounted):
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_keeps_what_is_finished_and_a_larger_one_goes_on(mount, tmp_path, one_line):
    # Six pages: the lock, the header and some of the chunks.
    mount(tmp_path, "-t", "tmpfs", "-o", "size=24k", "tmpfs")
    finished = refused(tmp_path / "sweep", one_line, "No space left on device")
    assert 0 < len(finished) < simulator.N_MEMBERS
    assert [*tmp_path.rglob("*.tmp")] == []
    mount(tmp_path, "-o", "remount,size=1m", again=True)
    assert finishes(tmp_path / "sweep", finished)


@pytest.fixture
def read_only(mount):
    """Turn a folder read-only, for root too, or writable again."""

    def read_only(folder, yes=True):
        if yes:
            mount(folder, "--bind", str(folder))
        mount(folder, "-o", f"remount,bind,{'ro' if yes else 'rw'}", again=True)

    return read_only


def test_a_disk_that_turns_read_only_keeps_what_is_finished(read_only, tmp_path, one_line):
    chunks, error = tmp_path / "chunks", "Read-only file system"
    finished = refused(tmp_path, one_line, error, action=lambda: read_only(chunks))
    assert len(finished) == 3 * simulator.CHUNK
    assert refused(tmp_path, one_line, error) == []
    read_only(chunks, False)
    assert finishes(tmp_path, finished)


def test_a_folder_that_is_read_only_can_be_read_but_not_held(read_only, tmp_path, one_line):
    expected = simulator.sweep(tmp_path / "sweep").arrays["W"]
    read_only(tmp_path / "sweep")
    refused(tmp_path / "sweep", one_line, "Read-only file system")
    refused(tmp_path / "sweep" / "new", one_line, "Read-only file system")
    opened = store.open(tmp_path / "sweep")
    assert opened.W.values.tobytes() == expected.tobytes()


def test_a_limit_on_the_size_of_files_is_one_line(tmp_path, one_line):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(n_bytes):
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))

    try:
        finished = refused(tmp_path, one_line, "File too large", action=lambda: limit(1000))
    finally:
        limit(before[0])
    assert len(finished) == 3 * simulator.CHUNK
    assert finishes(tmp_path, finished)


def test_a_folder_that_is_removed_during_the_run_is_one_line(tmp_path, one_line):
    folder = tmp_path / "sweep"
    refused(folder, one_line, "No such file or directory", action=lambda: shutil.rmtree(folder))
    assert finishes(folder, [])


def test_a_folder_moved_during_the_run_keeps_what_is_finished(tmp_path, one_line):
    folder, moved = tmp_path / "sweep", tmp_path / "moved"
    finished = refused(folder, one_line, "No such file", action=lambda: folder.rename(moved))
    assert finishes(moved, finished)


def a_file(path):
    path.write_text("mine")


def a_loop(path):
    path.symlink_to(path.name)


def nowhere(path):
    path.symlink_to(path.name + "/missing/folder")


def a_folder(path):
    path.mkdir()


IN_THE_WAY = [
    *[("", make) for make in (a_file, a_loop, nowhere)],
    *[("chunks", make) for make in (a_file, a_loop, nowhere)],
    *[(".lock", make) for make in (a_folder, a_loop, nowhere)],
    ("sweep.json", a_folder),
    *[("chunks/chunk", make) for make in (a_folder, a_loop, nowhere)],
]


@pytest.mark.parametrize(("where", "make"), IN_THE_WAY)
def test_something_else_in_the_way_is_one_line_and_stays(tmp_path, one_line, where, make):
    folder = tmp_path / "sweep"
    simulator.sweep(folder)
    path = files.chunk_files(folder)[0] if where == "chunks/chunk" else folder / where
    path.rename(tmp_path / "aside")
    make(path)
    before = snapshot_of(tmp_path)
    refused(folder, one_line)
    assert snapshot_of(tmp_path) == before


def snapshot_of(folder):
    """Every file, its content and what kind of thing it is."""
    return {
        path: (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
        if path.name != ".lock"
    }


def test_a_quarantine_that_is_no_folder_is_one_line_and_keeps_the_damaged_chunk(tmp_path, one_line):
    simulator.sweep(tmp_path)
    path = files.chunk_files(tmp_path)[0]
    path.write_bytes(b"damaged")
    (tmp_path / "quarantine").write_text("mine")
    refused(tmp_path, one_line, "quarantine")
    assert path.read_bytes() == b"damaged"
    (tmp_path / "quarantine").unlink()
    with pytest.warns(UserWarning, match=path.name):
        simulator.sweep(tmp_path)


def test_a_name_that_no_disk_takes_is_one_line(tmp_path, one_line):
    refused(tmp_path / ("x" * 300), one_line, "File name too long")
