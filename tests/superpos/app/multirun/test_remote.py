"""Parts of groups, with workers that end as told."""

import json
import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from superpos.app.multirun import multirun, remote
from superpos.app.multirun.workers.pool import LostError
from superpos.store import files
from superpos.store.multirun import group_folder
from superpos.train import StoreError, store
from tests.superpos.app.multirun.workers import Workers, groups, lost, on_disk, write

SHAPES = [f"model.n_hidden={n} seed={seed}" for n in (2, 3) for seed in range(4)]


@pytest.fixture(scope="module")
def two():
    """Two groups of four members each."""
    return groups(*SHAPES)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(remote, "POLL_SECONDS", 0)
    monkeypatch.setattr(remote, "VISIBLE_POLLS", 2)


@pytest.fixture
def run(tmp_path):
    def run(found, workers, *, n_parts=2, retries=2):
        options = {"n_parts": n_parts, "retries": retries}
        console = Console(width=200)
        return remote.train_on_workers(found, tmp_path, workers.engine, options, console)

    return run


def places(tmp_path, found):
    return [group_folder(tmp_path, group.name) for group in found]


def test_all_parts_are_sent_before_one_is_waited_for(two, run):
    workers = Workers()
    run(two, workers)
    assert workers.log[:4] == [("submit", number) for number in range(4)]
    assert {what for what, _ in workers.log[4:]} == {"done"}


def test_every_member_is_in_one_part_and_parts_are_plain(two, run):
    workers = Workers()
    results = run(two, workers)
    sent = [each for part in workers.parts for each in part["ids"]]
    ids = [each.decode() for result in results for each in result.ids]
    assert sorted(sent) == sorted(ids)
    assert [len(part["ids"]) for part in workers.parts] == [2, 2, 2, 2]
    assert all(json.loads(json.dumps(part)) == part for part in workers.parts)


@pytest.mark.parametrize(
    ("n_members", "n_parts", "sizes"),
    [(4, 2, [2, 2]), (5, 2, [2, 3]), (7, 3, [2, 2, 3]), (2, 5, [1, 1]), (0, 3, []), (3, 1, [3])],
)
def test_parts_are_even_and_never_empty(n_members, n_parts, sizes):
    ids = [str(number).encode() for number in range(n_members)]
    parts = remote._split(ids, n_parts)
    assert [len(part) for part in parts] == sizes
    assert [each for part in parts for each in part] == ids


def test_a_part_holds_whole_seeds_as_chunks_do(run):
    found = groups(*(f"seed={s} data.density={p}" for p in (0.1, 0.2, 0.3) for s in (0, 1)))
    workers = Workers()
    [result] = run(found, workers)
    seed_of = {
        each: row[-1] for each, row in zip(result.ids.astype(str), found[0].rows, strict=True)
    }
    assert [{seed_of[each] for each in part["ids"]} for part in workers.parts] == [{0}, {1}]


def test_what_a_lost_worker_has_written_is_not_written_again(two, run, tmp_path, capsys):
    workers = Workers(lost(1), lost(0))
    results = run(two, workers)
    for place, result in zip(places(tmp_path, two), results, strict=True):
        assert sorted(on_disk(place)) == sorted(result.ids)
        assert result.table.present.all()
        losses = [int(each[:4], 16) for each in result.ids.astype(str)]
        assert result.table.arrays["loss"][:, -1].tolist() == losses
    ids = [part["ids"] for part in workers.parts]
    assert ids[4:] == ids[:2]
    assert "worker lost, retry 1 of 2: lost after 1\n" in capsys.readouterr().out


def test_retries_end_in_one_line_and_the_other_group_goes_on(two, run, tmp_path):
    workers = Workers(lost(1), write, lost(0))
    first, second = run(two, workers, n_parts=1, retries=1)
    assert first == "not trained after 1 retries: lost after 0"
    assert len(on_disk(places(tmp_path, two)[0])) == 1
    assert second.table.present.all()
    assert len(workers.parts) == 3


def test_without_retries_a_part_is_sent_once(two, run):
    workers = Workers(lost(0), write)
    first, _ = run(two, workers, n_parts=1, retries=0)
    assert first == "not trained after 0 retries: lost after 0"
    assert len(workers.parts) == 2


def test_what_a_worker_refuses_is_not_tried_again(two, run):
    workers = Workers("the folder holds another sweep")
    first, second = run(two, workers)
    assert first == "the folder holds another sweep"
    assert second.table.present.all()
    assert len(workers.parts) == 4


def test_a_worker_that_cannot_be_had_is_a_lost_one(two, run):
    def submit(part):
        raise LostError("no such partition")

    workers = Workers()
    workers.engine = workers.engine._replace(submit=submit)
    lines = run(two, workers)
    assert lines == ["not trained after 2 retries: no such partition"] * 2


def test_results_that_never_come_are_asked_for_again(two, run, tmp_path):
    first, _ = run(two, Workers(*[None] * 8), n_parts=1, retries=1)
    place = places(tmp_path, two)[0]
    assert first == (
        f"not trained after 1 retries: {place}: a worker has ended, but its results are not there"
    )


@pytest.mark.parametrize("when", ["sleep", "done"])
def test_ctrl_c_ends_the_workers(two, run, monkeypatch, when):
    def stop(*_):
        raise KeyboardInterrupt

    workers = Workers(looks=10**9)
    if when == "sleep":
        monkeypatch.setattr(remote.time, "sleep", stop)
    else:
        plain = workers.engine.submit
        submit = lambda part: plain(part)._replace(done=stop)  # noqa: E731
        workers.engine = workers.engine._replace(submit=submit)
    with pytest.raises(KeyboardInterrupt):
        run(two, workers)
    assert sorted(n for what, n in workers.log if what == "cancel") == [0, 1, 2, 3]


def test_what_is_on_disk_is_not_sent(two, run):
    before = run(two, Workers())
    workers = Workers()
    after = run(two, workers)
    assert workers.parts == []
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old.table.arrays["loss"], new.table.arrays["loss"])


@pytest.mark.slow
def test_a_group_grows(run, tmp_path):
    few, more = (groups(*(f"seed={s}" for s in range(n))) for n in (2, 5))
    run(few, Workers())
    workers = Workers(lost(0))
    [result] = run(more, workers, retries=1)
    assert [len(part["ids"]) for part in workers.parts] == [1, 2, 1]
    assert result.table.present.all()
    [place] = places(tmp_path, more)
    assert files.read_header(place)["axes"]["seed"] == [0, 1, 2, 3, 4]


def test_a_folder_that_others_hold_is_one_line_and_the_other_group_goes_on(two, run, tmp_path):
    with files.locked(places(tmp_path, two)[0]):
        first, second = run(two, Workers())
    assert first.endswith(f"in use by process {os.getpid()}")
    assert second.table.present.all()


def test_the_folders_are_held_while_workers_write(two, run, tmp_path):
    def end(part):
        with pytest.raises(StoreError, match="in use"), files.locked(Path(part["store"])):
            pass
        return write(part)

    run(two, Workers(end))


def test_a_damaged_chunk_is_set_aside_and_its_members_sent_again(two, run, tmp_path):
    run(two, Workers())
    place = places(tmp_path, two)[0]
    files.chunk_files(place)[0].write_bytes(b"x")
    workers = Workers()
    with pytest.warns(UserWarning, match="damaged, moved to"):
        first, _ = run(two, workers)
    assert [len(part["ids"]) for part in workers.parts] == [1]
    assert first.table.present.all()
    assert len([*(place / "quarantine").iterdir()]) == 1


def test_progress_counts_the_members_on_disk(two, run, monkeypatch):
    reports = []

    @contextmanager
    def progress_bar(console):
        yield reports.append

    monkeypatch.setattr(remote, "progress_bar", progress_bar)
    run(two, Workers(lost(1)))
    assert reports[0] == (0, 8, 0, reports[0].steps)
    assert reports[-1] == (8, 8, reports[0].steps, reports[0].steps)
    assert {report.members_done for report in reports} >= {0, 8}
    n_steps = two[0].plan.fit.n_steps * 2  # check_fragile
    assert all(report.steps_done == n_steps * report.members_done for report in reports)


GRID = ("hydra.launcher.engine=submitit", "model.n_hidden=2,3", "seed=0,1")


@pytest.mark.slow
def test_jobs_of_a_group_whose_workers_are_lost_fail_and_others_do_not(
    launch, tmp_path, monkeypatch
):
    workers = Workers(lost(1), write, lost(0), lost(0))
    # `workers` is looked up when it is called, so that the second run has others
    monkeypatch.setattr(multirun, "make_pool", lambda *_: workers.engine)
    done = launch(*GRID, "hydra.launcher.n_parts=1")
    assert done.code == 3
    reason = "not trained after 2 retries: lost after 0"
    assert done.out.count(reason) == 2  # in the table of failed jobs
    for n_hidden, failure in ((2, reason), (3, None)):
        paths = tmp_path.glob(f"outputs/train/*n_hidden={n_hidden}*/result.json")
        assert [json.loads(path.read_text())["failure"] for path in paths] == [failure] * 2
    status = store.open(tmp_path / "all")["status"]
    assert (status.sel(n_hidden=3) == "ok").all()
    assert sorted(status.sel(n_hidden=2).values) == ["missing", "ok"]

    workers = Workers()
    done = launch(*GRID, "hydra.launcher.n_parts=1")
    assert (done.code, done.err) == (0, "")
    assert [len(part["ids"]) for part in workers.parts] == [1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "word",
    ["hydra.launcher.engine=slurm", "hydra.launcher.n_parts=0", "hydra.launcher.retries=-1"],
)
def test_a_wrong_option_is_one_line_before_anything_is_written(launch, tmp_path, word):
    done = launch(*GRID, word)
    assert done.code == 2
    [line] = done.err.splitlines()
    assert line.startswith(f"superpos: {word}: expected")
    assert not (tmp_path / "all").exists()


def test_a_setting_of_an_engine_is_added(launch):
    done = launch(*GRID, "hydra.launcher.submitit.timeout_min=5")
    assert done.code == 2
    assert done.err == (
        "superpos: hydra.launcher.submitit.timeout_min=5: unknown key; it is added with"
        " +hydra.launcher.submitit.timeout_min=5\n"
    )
