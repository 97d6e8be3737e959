"""What a worker does with a part, and what it says where it cannot."""

import json

import pytest

from superpos.app.multirun import worker
from superpos.store import files
from superpos.train import store
from tests.superpos.app.multirun.workers import groups, ids_of, on_disk

TINY = "fit.n_steps=4 fit.log_every=2 fit.batch_size=8 evaluations.loss.batch_size=8 engine.chunk=1"


@pytest.fixture(scope="module")
def group():
    [found] = groups(*(f"{TINY} seed={seed}" for seed in range(3)))
    return found


@pytest.mark.slow
def test_the_members_of_the_part_are_trained_once_and_no_others(group, tmp_path):
    ids = ids_of(group)[1:]
    part = json.loads(json.dumps(worker.payload(group, ids, tmp_path)))
    with files.locked(tmp_path):  # as the driver does
        assert worker.train(part) is None
        assert sorted(on_disk(tmp_path)) == sorted(ids)
        before = {path: path.stat().st_mtime_ns for path in files.chunk_files(tmp_path)}
        assert worker.train(part) is None
    assert {path: path.stat().st_mtime_ns for path in files.chunk_files(tmp_path)} == before
    assert store.open(tmp_path)["status"].values.ravel().tolist() == ["missing", "ok", "ok"]


def test_a_folder_that_cannot_be_used_is_one_line(group, tmp_path):
    place = tmp_path / "file"
    place.write_text("")
    line = worker.train(worker.payload(group, ids_of(group), place))
    assert line.startswith(f"{place}")
    assert len(line.splitlines()) == 1


def test_an_error_that_nobody_foresaw_is_not_a_line(group, tmp_path):
    part = worker.payload(group, ids_of(group), tmp_path)
    with pytest.raises(KeyError):
        worker.train({key: part[key] for key in part if key != "ids"})
