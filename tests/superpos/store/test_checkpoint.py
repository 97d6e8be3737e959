"""The state of a chunk in training: written, read back, gone on from, and refused."""

import math
import os
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.engine import work
from superpos.engine.program import compile_chunk
from superpos.store import checkpoint, files
from superpos.store.checkpoint import Checkpoints, Timer, decode, encode, snapshot
from superpos.store.frame import framed, unframed
from superpos.store.width import Width
from superpos.train import StoreError, store, sweep
from tests.superpos.builds import ROOT

KEY = jax.random.key(3)
AXES = {"target": [0.1, 0.5, 0.7, 0.9], "seed": [0, 1]}
SPEC = {"n": 1}
N_BLOCKS = 3
NAME = "0123456789abcdef"


def points(n_points):
    return {"target": np.linspace(0.1, 0.9, n_points, dtype=np.float32)}


def compiled(build, *width):
    width = Width(*width or (2, 3))
    return compile_chunk(build, points(width.n_points), width, KEY.dtype, jax.local_devices())


def after_a_block(program):
    """The state of a chunk in its first run, and in its second."""
    (executable,) = program.executables
    seeds = np.arange(program.width.n_seeds, dtype=np.uint32)
    start = executable.init(points(program.width.n_points), {}, KEY, seeds)
    carry, measured = executable.advance(points(program.width.n_points), {}, start)
    end = jax.device_get(carry.replace(key=(), opt_state=(), source=()))
    blocks = [jax.device_get(measured)]
    return snapshot(carry, blocks, {}, []), snapshot(carry, blocks * N_BLOCKS, {}, [end])


STATES = {
    "none": (),
    "several": {"count": jnp.int32(0), "more": jnp.zeros(2)},
    "bfloat16": jnp.bfloat16(0),  # which NumPy reads back as bytes without a name
}


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_a_state_is_read_as_it_was_written(make_toy, state):
    program = compiled(make_toy(n_steps=2 * N_BLOCKS, state=STATES[state]))
    for written in after_a_block(program):
        read = decode(encode(NAME, "a", written), NAME, "a", program)
        assert jax.tree.structure(read) == jax.tree.structure(written)
        pairs = zip(jax.tree.leaves(read), jax.tree.leaves(written), strict=True)
        for one, other in pairs:
            assert (one.shape, one.dtype) == (other.shape, other.dtype)
            assert one.tobytes() == np.asarray(other).tobytes()


@pytest.mark.slow
def test_a_state_of_another_chunk_program_or_numerics_is_none(make_toy):
    program = compiled(make_toy())
    data = encode(NAME, "a", after_a_block(program)[0])
    assert decode(data, NAME[::-1], "a", program) is None
    assert decode(data, NAME, "b", program) is None
    for state in (jnp.float32(0), jnp.zeros(2)):
        assert decode(data, NAME, "a", compiled(make_toy(state=state))) is None
    assert decode(data, NAME, "a", compiled(make_toy(), 3, 2)) is None
    assert decode(data, NAME, "a", program) is not None


def test_no_flipped_or_missing_byte_goes_unnoticed(make_toy):
    program = compiled(make_toy(n_steps=2 * N_BLOCKS))
    data = encode(NAME, "a", after_a_block(program)[1])
    assert decode(data, NAME, "a", program) is not None
    for position in np.linspace(0, len(data) - 1, 300).astype(int):
        flipped = bytes([data[position] ^ 1])
        damaged = data[:position] + flipped + data[position + 1 :]
        assert decode(damaged, NAME, "a", program) is None, position
        assert decode(data[:position], NAME, "a", program) is None, position
    # A chunk of results is no state, though its frame is sound.
    results = framed(b"superpos-chunk", NAME, {"ids": np.zeros(2)})
    assert decode(results, NAME, "a", program) is None


@pytest.mark.parametrize(
    "counts",
    [None, [], [1], [1, 0, 0], [2, 0], [1, 1], [-1, 0], [10**18, 0], [0, 10**18], [1.5, 0]],
    ids=str,
)
def test_a_sound_file_with_other_counts_than_it_holds_is_no_state(make_toy, counts):
    program = compiled(make_toy())
    written = unframed(b"superpos-checkpoint", NAME, encode(NAME, "a", after_a_block(program)[0]))
    np.testing.assert_array_equal(written.pop("counts"), [1, 0])
    if counts is not None:
        written["counts"] = np.array(counts)
    assert decode(framed(b"superpos-checkpoint", NAME, written), NAME, "a", program) is None


def test_the_next_is_due_after_the_time_or_twenty_times_what_saving_takes(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])

    def due_after(timer, seconds):
        now[0] += seconds - 0.5
        before = timer.due()
        now[0] += 0.5
        return (before, timer.due()) == (False, True)

    timer = Timer(30.0)
    assert due_after(timer, 30)
    for took, wait in ((1, 30), (10, 200)):
        with timer.saving():
            now[0] += took
        assert due_after(timer, wait)
    always, never = Timer(0.0), Timer(math.inf)
    with always.saving():
        now[0] += 10
    now[0] += 1e9
    assert (always.due(), never.due()) == (True, False)


@pytest.fixture
def run(make_toy, tmp_path):
    """Sweep four chunks into the store of this test, each member twice; the datasets and reports.

    Each run is of three blocks, and its state is kept after each. A keyword changes an argument.
    """

    def run(folder=tmp_path / "store", **changes):
        arguments = {
            "key": KEY,
            "axes": AXES,
            "spec": SPEC,
            "chunk": 2,
            "check_fragile": True,
            "checkpoint_seconds": 0.0,
        }
        build = make_toy(n_steps=2 * N_BLOCKS, state=jnp.float32(0))
        return sweep(build, store=folder, **{**arguments, **changes})

    return run


@pytest.fixture
def interrupted(run, tmp_path, monkeypatch):
    """Stop a sweep after so many states were written; the states and the chunks there are then."""

    def interrupted(n_saved, **changes):
        saved = saves(monkeypatch, n_saved)
        with pytest.raises(KeyboardInterrupt):
            run(**changes)
        assert len(saved) == n_saved
        monkeypatch.undo()
        return checkpoints(tmp_path / "store"), files.chunk_files(tmp_path / "store")

    return interrupted


def saves(monkeypatch, stop=None):
    """Note when a state is written, and be Ctrl-C after so many."""
    saved, real = [], Checkpoints.save

    def save(self, ids, state):
        real(self, ids, state)
        saved.append((len(state.ends), int(state.carry.step) // 2))
        if len(saved) == stop:
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoints, "save", save)
    return saved


def checkpoints(folder):
    return sorted((folder / "ckpt").glob("*"))


PLACES = [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)]  # runs done, blocks of the next


@pytest.mark.slow
@pytest.mark.parametrize("n_saved", [1, 2, 3, 4, 5, 6, 7, 11])
def test_a_chunk_goes_on_from_any_block_of_both_runs(
    run, interrupted, monkeypatch, bits, tmp_path, n_saved
):
    undisturbed = run(tmp_path / "undisturbed")
    kept, chunks = interrupted(n_saved)
    assert (len(kept), len(chunks)) == (1, (n_saved - 1) // 6)
    saved, reports = saves(monkeypatch), []
    resumed = run(on_progress=reports.append)
    # Six states of each chunk in all, none of them twice.
    assert saved == (PLACES * 4)[n_saved:]
    assert bits(resumed) == bits(undisturbed) == bits(store.open(tmp_path / "store"))
    assert checkpoints(tmp_path / "store") == []
    steps = [report.steps_done for report in reports]
    assert steps == sorted(steps)
    assert steps[-1] == reports[-1].steps == (8 - 2 * len(chunks)) * 6 * 2
    # Two updates a block of two members are told of at once when the state is found.
    assert steps[1] == 4 * ((n_saved - 1) % 6 + 1)


@pytest.mark.slow
def test_a_chunk_of_one_run_goes_on_too(run, interrupted, bits, tmp_path):
    undisturbed = run(tmp_path / "undisturbed", check_fragile=False)
    kept, _ = interrupted(2, check_fragile=False)
    assert len(kept) == 1
    assert bits(run(check_fragile=False)) == bits(undisturbed)


@pytest.mark.slow
def test_a_run_may_be_stopped_again_and_again(run, interrupted, bits, tmp_path):
    undisturbed = run(tmp_path / "undisturbed")
    for _ in range(8):
        interrupted(2)
    assert bits(run()) == bits(undisturbed)


@pytest.mark.parametrize("seconds", [None, 30.0])
def test_a_short_chunk_or_one_never_kept_writes_no_state(run, monkeypatch, tmp_path, seconds):
    saved = saves(monkeypatch)
    run(checkpoint_seconds=seconds)
    assert saved == []
    assert not (tmp_path / "store" / "ckpt").exists()


def test_a_state_is_gone_on_from_by_a_call_that_keeps_none(run, interrupted, bits, tmp_path):
    undisturbed = run(tmp_path / "undisturbed")
    interrupted(5)
    reports = []
    assert bits(run(checkpoint_seconds=None, on_progress=reports.append)) == bits(undisturbed)
    assert reports[1].steps_done == 4 * 5


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "swap"])
def test_a_damaged_state_is_set_aside_and_the_chunk_trained_from_its_start(
    run, interrupted, bits, tmp_path, damage
):
    undisturbed = run(tmp_path / "undisturbed")
    ((path,), _) = interrupted(3)
    data = path.read_bytes()
    sound = {"flip": data[:-9] + b"?" + data[-8:], "cut": data[:-1], "empty": b""}
    swapped = data.replace(path.stem.encode(), NAME.encode())
    path.write_bytes(sound.get(damage, swapped))
    with pytest.warns(UserWarning, match=f"{path}: damaged, or of another program, moved to"):
        resumed = run()
    assert bits(resumed) == bits(undisturbed)
    assert [aside.name for aside in (tmp_path / "store" / "quarantine").iterdir()] == [path.name]


def test_a_state_of_other_numerics_is_set_aside(run, interrupted, monkeypatch, tmp_path):
    undisturbed = run(tmp_path / "undisturbed")
    interrupted(3)
    real = work.fingerprint
    monkeypatch.setattr(work, "fingerprint", lambda: {**real(), "jax": "0"})
    with pytest.warns(UserWarning, match="of another program, moved to"):
        resumed = run(allow_numerics_change=True)
    assert resumed.W.values.tobytes() == undisturbed.W.values.tobytes()


@pytest.mark.slow
def test_a_worker_of_a_part_goes_on_and_leaves_a_damaged_state_where_it_is(
    run, interrupted, bits, tmp_path
):
    undisturbed = run(tmp_path / "undisturbed")
    interrupted(3)
    ids = [files.read_chunk(path).ids for path in files.chunk_files(tmp_path / "undisturbed")]
    part, reports = np.concatenate(ids), []
    assert bits(run(part=part, on_progress=reports.append)) == bits(undisturbed)
    assert reports[1].steps_done == 4 * 3
    for path in files.chunk_files(tmp_path / "store"):
        path.unlink()
    ((path,), _) = interrupted(3)
    path.write_bytes(b"damaged")
    with pytest.warns(UserWarning, match="of another program, left out"):
        assert bits(run(part=part)) == bits(undisturbed)
    assert not (tmp_path / "store" / "quarantine").exists()


def test_states_of_committed_chunks_are_removed_by_who_holds_the_folder(run, interrupted, tmp_path):
    interrupted(8)
    folder = tmp_path / "store"
    (committed,) = files.chunk_files(folder)
    stale = folder / "ckpt" / f"{committed.stem}.ckpt"
    stale.write_bytes(b"stale")
    (other, _) = interrupted(1)
    assert stale not in other
    assert len(other) == 1
    # Of a chunk of another width, which no plan has any more.
    orphan = folder / "ckpt" / f"{NAME}.ckpt"
    orphan.write_bytes(b"orphan")
    run()
    assert checkpoints(folder) == [orphan]
    run()
    assert checkpoints(folder) == []


def test_a_state_that_cannot_be_written_is_one_line(run, monkeypatch, one_line):
    def refuse(path, data, real=files.commit):
        if path.suffix == ".ckpt":
            raise OSError(28, os.strerror(28))
        real(path, data)

    monkeypatch.setattr(files, "commit", refuse)
    with pytest.raises(StoreError) as refusal:
        run()
    assert one_line(refusal, ".ckpt: cannot write (No space left on device)")


SWEEP = """
import sys
import jax
from superpos.train import sweep
from tests.superpos.builds import autoencoders

build = autoencoders(n_steps=4000, log_every=20)

reports = []
axes = {"density": [0.1, 0.15, 0.2, 0.25], "seed": [0]}
sweep(build, key=jax.random.key(0), axes=axes, spec={"n": 3}, store=sys.argv[1], chunk=4,
      check_fragile=True, checkpoint_seconds=float(sys.argv[2]), on_progress=reports.append)
print(reports[1].steps_done // 20 // 4)
"""


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_from_its_last_block(tmp_path, bits):
    def start(folder, seconds):
        command = [sys.executable, "-c", SWEEP, str(tmp_path / folder), str(seconds)]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    undisturbed = start("undisturbed", 1e9)
    assert undisturbed.communicate(timeout=120)[0] == "1\n"

    def contents():
        return [path.read_bytes() for path in (tmp_path / "killed").glob("ckpt/*.ckpt")]

    for _ in range(3):
        process = start("killed", 0)
        before, begun = contents(), time.monotonic()
        while contents() == before:
            assert process.poll() is None
            assert time.monotonic() < begun + 60
        process.kill()
        process.communicate()
        assert len(contents()) == 1
    last = start("killed", 1e9)
    n_blocks = int(last.communicate(timeout=120)[0])
    assert 2 <= n_blocks < 400  # of two runs of two hundred
    assert bits(store.open(tmp_path / "killed")) == bits(store.open(tmp_path / "undisturbed"))
    assert not [*(tmp_path / "killed").rglob("*.tmp")]
