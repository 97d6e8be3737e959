"""Workers that train parts of one sweep in a folder that another process holds."""

import importlib
import subprocess
import sys

import jax
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.engine.sweep import with_root_key
from superpos.store import files
from superpos.store.grid import make_grid
from superpos.train import StoreError, store, sweep
from tests.superpos.builds import ROOT

# Unlike `superpos.train.sweep`, which is the function.
choices_module = importlib.import_module("superpos.engine.choices")

SPEC = {"n": 3}
AXES = {"target": [0.1, 0.5, 0.7], "seed": [0, 1, 2, 3]}
IDS = make_grid(AXES).member_ids(with_root_key(SPEC, jax.random.key(0)))
HALVES = IDS[::2], IDS[1::2]


@pytest.fixture
def run(make_toy, tmp_path):
    """Sweep into the folder of this test; a keyword changes an argument."""

    def run(**changes):
        arguments = {"key": jax.random.key(0), "axes": AXES, "spec": SPEC, "chunk": 3}
        return sweep(make_toy(), **{"store": tmp_path, **arguments, **changes})

    return run


def ok(dataset):
    return IDS[(dataset.status == "ok").values.ravel()].tolist()


def test_a_part_is_trained_and_the_rest_is_missing(run, bits, tmp_path):
    reports = []
    one = run(part=HALVES[0], on_progress=reports.append)
    assert ok(one) == HALVES[0].tolist()
    assert (one.status == "missing").sum() == 6
    assert (reports[-1].members_done, reports[-1].members, reports[-1].steps) == (6, 6, 6 * 4)
    both = run(part=HALVES[1])
    assert ok(both) == IDS.tolist()
    assert bits(both) == bits(store.open(tmp_path)) == bits(run(store=None))


def test_a_part_that_is_on_disk_is_not_trained_again(run, tmp_path, snapshot):
    reports = []
    run(part=HALVES[0])
    before = snapshot(tmp_path)
    assert ok(run(part=HALVES[0][:2], on_progress=reports.append)) == HALVES[0].tolist()
    assert reports == []
    assert snapshot(tmp_path) == before


def test_a_part_in_memory_needs_no_folder(run, tmp_path):
    assert ok(run(store=None, part={*IDS[2:4].tolist()})) == IDS[2:4].tolist()
    assert list(tmp_path.iterdir()) == []


def test_a_member_of_another_sweep_is_refused_before_any_compile(make_toy, one_line):
    build = make_toy()
    with pytest.raises(ArgumentError) as refusal:
        sweep(build, key=jax.random.key(0), axes=AXES, part=[b"0123456789abcdef"])
    assert one_line(refusal, "part=b'0123456789abcdef'")
    assert build.calls == 0


def test_a_worker_writes_while_another_process_holds_the_folder(run, tmp_path):
    with files.locked(tmp_path):
        assert ok(run(part=HALVES[0])) == HALVES[0].tolist()
        with pytest.raises(StoreError, match="in use"):
            run()


def test_a_worker_touches_nothing_of_others(run, tmp_path):
    run(part=HALVES[0])
    (damaged, *_), leftover = files.chunk_files(tmp_path), tmp_path / "chunks" / ".a.tmp"
    damaged.write_bytes(b"damaged")
    leftover.write_text("half")
    header = (tmp_path / "sweep.json").stat().st_mtime_ns
    with pytest.warns(UserWarning, match="damaged, left out"):
        run(part=HALVES[1], axes={**AXES, "target": [*AXES["target"], 0.9]})
    assert damaged.read_bytes() == b"damaged"
    assert leftover.read_text() == "half"
    assert (tmp_path / "sweep.json").stat().st_mtime_ns == header
    assert not (tmp_path / "quarantine").exists()


def test_the_axes_of_a_grown_sweep_are_written_by_who_holds_the_folder(run, tmp_path):
    axes = {**AXES, "target": [*AXES["target"], 0.9]}
    run()
    ids = make_grid(axes).member_ids(with_root_key(SPEC, jax.random.key(0)))
    run(axes=axes, part=ids)
    assert store.open(tmp_path).sizes["target"] == 3
    run(axes=axes)
    whole = store.open(tmp_path)
    assert whole.sizes["target"] == 4
    assert (whole.status == "ok").all()


@pytest.fixture
def overtaken(monkeypatch):
    """Let something happen in the folder while a worker compiles for the first time."""

    def overtaken(happening):
        real, happenings = choices_module.compile_chunk, [happening]

        def compile_chunk(*args, **settings):
            if happenings:
                happenings.pop()()
            return real(*args, **settings)

        monkeypatch.setattr(choices_module, "compile_chunk", compile_chunk)

    return overtaken


def test_a_worker_takes_the_width_of_the_one_that_was_first(run, overtaken, bits, tmp_path):
    overtaken(lambda: run(part=HALVES[1], chunk=2))
    run(part=HALVES[0], chunk=3)
    assert files.read_header(tmp_path)["width"] == [1, 2]
    assert bits(store.open(tmp_path)) == bits(run(store=None, chunk=2))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"spec": {"n": 4}, "part": None}, "n=4, asked for 3"),
        ({"axes": {"target": [0.3]}, "part": None}, "a sweep over target, asked for"),
        ({"check_fragile": True}, "sensitivity"),
    ],
    ids=str,
)
def test_another_sweep_that_was_first_is_refused(run, overtaken, one_line, changes, words):
    overtaken(lambda: run(**{"part": HALVES[1], **changes}))
    with pytest.raises(StoreError) as refusal:
        run(part=HALVES[0])
    assert one_line(refusal, words)


WORKER = """
import sys
import jax
from superpos.train import sweep
from superpos.store.grid import make_grid
from superpos.engine.sweep import with_root_key
from tests.superpos.builds import autoencoders

axes = {"density": [0.1, 0.2, 0.4, 0.7], "seed": [0, 1, 2, 3, 4]}
key, spec = jax.random.key(0), {"n": 3}
ids = make_grid(axes).member_ids(with_root_key(spec, key))
first, step = map(int, sys.argv[2:])

build = autoencoders(n_steps=20, log_every=10)

print("ready", flush=True)
sys.stdin.readline()
part = ids[first::step] if step else None
sweep(build, key=key, axes=axes, spec=spec, store=sys.argv[1], chunk=2, part=part)
"""


@pytest.mark.slow
def test_processes_with_parts_of_a_sweep_make_what_one_makes_alone(tmp_path, bits):
    def worker(folder, first, step):
        command = [sys.executable, "-c", WORKER, str(tmp_path / folder), str(first), str(step)]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    workers = [worker("parts", 0, 2), worker("parts", 1, 2), worker("alone", 0, 0)]
    for process in workers:
        assert process.stdout.readline() == b"ready\n"
    for process in workers:
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in workers:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    parts = store.open(tmp_path / "parts")
    assert (parts.status == "ok").all()
    assert len(np.unique(parts.W.values.reshape(20, 6), axis=0)) == 20
    assert bits(parts) == bits(store.open(tmp_path / "alone"))
    assert not [*(tmp_path / "parts").rglob("*.tmp")]
