import errno
import json
import os
import re
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.engine import work
from superpos.store import files
from superpos.store.folder import MULTIRUN, writing
from superpos.store.grid import make_grid
from superpos.store.header import header_axes
from superpos.train import StoreError, store, sweep

SPEC = {"model.n": 3, "optim.kind": "sgd", "data.noise": 0.1}
AXES = {"target": [0.1, 0.5, 0.7], "seed": [0, 1]}
N_MEMBERS, N_STEPS = 6, 4


class Call:
    """One call of `sweep`: what it returned, and what it did for that."""

    def __init__(self, build, folder, **changes):
        self.build, self.reports = build, []
        stop = changes.pop("on_progress", None)

        def on_progress(report):
            self.reports.append(report)
            if stop is not None:
                stop(report)

        arguments = {"key": jax.random.key(0), "axes": AXES, "spec": SPEC, "chunk": 2, **changes}
        self.dataset = sweep(build, store=folder, on_progress=on_progress, **arguments)

    @property
    def steps(self):
        """Model-steps trained."""
        return self.reports[-1].steps_done if self.reports else 0


@pytest.fixture
def run(make_toy, tmp_path):
    """Sweep into the store of this test; a keyword changes an argument."""

    def run(folder=tmp_path, *, build=None, **changes):
        return Call(build or make_toy(), folder, **changes)

    return run


@pytest.fixture(scope="module")
def whole(make_toy, tmp_path_factory):
    """A complete store, to be copied."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, Call(make_toy(), folder).dataset


@pytest.fixture
def complete(whole, tmp_path):
    """The store of this test, complete."""
    shutil.copytree(whole[0], tmp_path, dirs_exist_ok=True)
    return whole[1]


@pytest.fixture
def partial(whole, tmp_path):
    """The store of this test, of which two chunks of four are done; the names of the other two."""
    shutil.copytree(whole[0], tmp_path, dirs_exist_ok=True)
    gone = files.chunk_files(tmp_path)[1::2]
    for path in gone:
        path.unlink()
    return {path.name for path in gone}


def damage(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def statuses(dataset):
    return dict(zip(*np.unique(dataset.status, return_counts=True), strict=True))


def test_a_complete_store_opens_as_what_the_sweep_returned(complete, tmp_path, bits):
    opened = store.open(tmp_path)
    assert bits(opened) == bits(complete)
    assert bits(store.open(str(tmp_path))) == bits(complete)
    assert statuses(opened) == {"ok": N_MEMBERS}
    config = json.loads(opened.attrs["config"])
    assert {**config, **SPEC, "data.noise": np.float32(0.1), "key": [0, 0]} == config
    fit = {"n_steps": 4, "batch_size": 1, "log_every": 2, "updates_per_draw": 1}
    assert json.loads(opened.attrs["fit"]) == fit
    assert json.loads(opened.attrs["fingerprint"])["jax"] == jax.__version__


def test_a_partial_store_opens_with_the_rest_missing(partial, whole, tmp_path):
    opened = store.open(tmp_path)
    gone = (opened.status == "missing").values
    assert 0 < gone.sum() < N_MEMBERS
    assert np.isnan(opened.W.values[gone]).all()
    assert (opened.diverged_step.values[gone] == -1).all()
    for name in ("W", "size", "train_loss", "diverged_step"):
        np.testing.assert_array_equal(opened[name].values[~gone], whole[1][name].values[~gone])
    assert set(opened.status.values[~gone]) == {"ok"}


def test_the_same_call_again_trains_nothing_and_builds_nothing(
    complete, run, bits, tmp_path, snapshot
):
    before = snapshot(tmp_path)
    again = run()
    assert (again.build.calls, again.steps) == (0, 0)
    assert bits(again.dataset) == bits(complete)
    assert snapshot(tmp_path) == before


@pytest.mark.slow
def test_a_partial_store_is_completed_by_what_is_missing_only(
    partial, run, whole, tmp_path, bits, snapshot
):
    before = snapshot(tmp_path)
    n_missing = int((store.open(tmp_path).status == "missing").sum())
    call = run()
    assert call.steps == call.reports[-1].steps == n_missing * N_STEPS
    assert call.reports[-1].members == N_MEMBERS
    assert bits(call.dataset) == bits(whole[1]) == bits(store.open(tmp_path))
    after = snapshot(tmp_path)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == partial


def test_the_width_of_a_store_is_kept_whatever_is_asked_for(partial, run, whole, bits, tmp_path):
    assert bits(run(chunk=6).dataset) == bits(whole[1])
    assert files.read_header(tmp_path)["width"] == [1, 2]


def test_opening_leaves_a_damaged_chunk_out_and_where_it_is(complete, tmp_path):
    bad = files.chunk_files(tmp_path)[0]
    damage(bad)
    with pytest.warns(UserWarning, match=f"{bad.name}: damaged") as caught:
        opened = store.open(tmp_path)
    assert len(caught) == 1
    assert 0 < statuses(opened)["missing"] <= 2
    assert bad.exists()
    assert not (tmp_path / "quarantine").exists()


@pytest.mark.parametrize("kind", ["flipped", "empty", "swapped"])
def test_damaged_chunks_are_set_aside_and_trained_again(
    complete, run, tmp_path, bits, snapshot, kind
):
    before = snapshot(tmp_path)
    paths = files.chunk_files(tmp_path)
    if kind == "flipped":
        damage(paths[1])
    elif kind == "empty":
        paths[1].write_bytes(b"")
    else:
        first, second = paths[1].read_bytes(), paths[2].read_bytes()
        paths[1].write_bytes(second)
        paths[2].write_bytes(first)
    bad = {path.name: path.read_bytes() for path in paths[1 : 3 if kind == "swapped" else 2]}
    with pytest.warns(UserWarning, match="moved to .*quarantine.*; retraining") as caught:
        call = run()
    assert len(caught) == len(bad)
    assert bits(call.dataset) == bits(complete)
    aside = {path.name: path.read_bytes() for path in (tmp_path / "quarantine").iterdir()}
    assert aside == bad
    after = snapshot(tmp_path)
    assert set(after) == set(before)
    for name in set(before) - set(bad):
        assert after[name] == before[name]
    n_members = sum(len(files.read_chunk(tmp_path / "chunks" / name).ids) for name in bad)
    assert call.steps == n_members * N_STEPS


def test_a_chunk_file_that_went_is_trained_again(complete, run, tmp_path, bits):
    files.chunk_files(tmp_path)[2].unlink()
    assert bits(run().dataset) == bits(complete)


def test_a_damaged_header_is_refused_and_nothing_is_touched(complete, run, tmp_path, snapshot):
    before = snapshot(tmp_path)
    damage(tmp_path / "sweep.json")
    for use in (run, lambda: store.open(tmp_path)):
        with pytest.raises(StoreError, match="sweep.json: damaged"):
            use()
    assert snapshot(tmp_path) == before


def test_a_newer_format_is_refused_in_one_line(complete, run, tmp_path, one_line):
    header = files.read_header(tmp_path)
    with pytest.MonkeyPatch.context() as newer:
        newer.setattr(files, "FORMAT", files.FORMAT + 1)
        files.write_header(tmp_path, {**header, "format": files.FORMAT})
    for use in (run, lambda: store.open(tmp_path)):
        with pytest.raises(StoreError) as refusal:
            use()
        assert one_line(
            refusal, f"format {files.FORMAT + 1}", f"reads {files.OLDEST} to {files.FORMAT}"
        )


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"model.n": 4}, "model.n=3, asked for 4"),
        ({"optim.kind": "adam"}, "optim.kind="),
        ({"data.noise": 0.2}, "data.noise="),
        ({"model.n": 4, "data.noise": 0.2, "optim.kind": "adam"}, "data.noise="),
        ({"new": 1}, "new="),
        ({"new": None}, "new="),
        ({"model.n": True}, "model.n="),
        ({"model.n": "3"}, "model.n="),
    ],
)
def test_another_spec_is_refused_naming_the_first_difference(
    complete, run, tmp_path, one_line, snapshot, change, name
):
    before = snapshot(tmp_path), (tmp_path / "sweep.json").read_bytes()
    with pytest.raises(StoreError) as refusal:
        run(spec={**SPEC, **change})
    assert one_line(refusal, str(tmp_path), name)
    assert (snapshot(tmp_path), (tmp_path / "sweep.json").read_bytes()) == before


def test_true_is_not_1_in_a_store_either(run, tmp_path):
    run(spec={"a": 1})
    with pytest.raises(StoreError, match="a="):
        run(spec={"a": True})


def test_a_spec_with_a_key_less_is_refused(complete, run):
    with pytest.raises(StoreError, match="optim.kind="):
        run(spec={name: value for name, value in SPEC.items() if name != "optim.kind"})


def test_another_root_key_is_refused(complete, run):
    with pytest.raises(StoreError, match="key="):
        run(key=jax.random.key(1))


def test_the_same_spec_written_otherwise_is_the_same(complete, run):
    spec = {"data.noise": np.float32(0.1), "optim.kind": "sgd", "model.n": 3.0}
    assert run(spec=spec).steps == 0


def test_a_spec_is_needed_before_anything_is_made(run, tmp_path, one_line):
    for spec in (None, {}):
        with pytest.raises(ArgumentError) as refusal:
            run(tmp_path / "new", spec=spec)
        assert one_line(refusal, "spec")
    assert not (tmp_path / "new").exists()


def test_a_spec_that_is_not_finite_is_refused_in_one_line(run, one_line):
    with pytest.raises((ArgumentError, StoreError)) as refusal:
        run(spec={"a": float("nan")})
    assert one_line(refusal, "a=nan")


@pytest.mark.parametrize(
    "axes",
    [
        {"target": [0.1, 0.5, 0.7]},
        {"seed": [0, 1]},
        {**AXES, "learning_rate": [0.1]},
        {"learning_rate": [0.1, 0.5, 0.7], "seed": [0, 1]},
        {"target": [0.1, 0.5], "seed": [0, 1]},
        {"target": [0.1, 0.5, 0.8], "seed": [0, 1]},
        {"target": [0.1, 0.5, 0.7], "seed": [0, 2]},
    ],
)
def test_other_axes_are_refused(complete, run, tmp_path, one_line, snapshot, axes):
    before = snapshot(tmp_path), (tmp_path / "sweep.json").read_bytes()
    with pytest.raises(StoreError) as refusal:
        run(axes=axes)
    assert one_line(refusal, str(tmp_path), "holds")
    assert (snapshot(tmp_path), (tmp_path / "sweep.json").read_bytes()) == before


def test_a_value_that_went_is_named(complete, run):
    with pytest.raises(StoreError, match=r"holds target=0.5"):
        run(axes={"target": [0.1, 0.7], "seed": [0, 1]})


PAIRS = {"target": [0.1, 0.5], "learning_rate": [0.1, 0.2]}


def test_zipped_axes_are_not_the_product_of_them(run):
    zipped = [["target", "learning_rate"]]
    run(axes=PAIRS, zipped=zipped)
    assert run(axes=PAIRS, zipped=zipped).steps == 0
    with pytest.raises(StoreError) as refusal:
        run(axes=PAIRS)
    held, asked = re.search(r"over (.*), asked for (.*); choose", str(refusal.value)).groups()
    assert held != asked


def test_zipped_axes_paired_otherwise_are_refused(run):
    zipped = [["target", "learning_rate"]]
    run(axes=PAIRS, zipped=zipped)
    with pytest.raises(StoreError, match="holds"):
        run(axes={**PAIRS, "target": [0.5, 0.1]}, zipped=zipped)


def test_more_zipped_pairs_are_accepted(run):
    zipped = [["target", "learning_rate"]]
    run(axes=PAIRS, zipped=zipped)
    longer = {"target": [0.9, 0.5, 0.1], "learning_rate": [0.1, 0.2, 0.1]}
    assert run(axes=longer, zipped=zipped).steps == N_STEPS


@pytest.mark.parametrize(
    "axes",
    [
        {"target": [0.1, 0.5, 0.7, 0.9], "seed": [0, 1]},
        {"target": [0.9, 0.7, 0.3, 0.5, 0.1], "seed": [0, 1]},
        {"target": [0.1, 0.5, 0.7], "seed": [2, 1, 0]},
        {"seed": [0, 1, 9], "target": [0.0, 0.1, 0.5, 0.7]},
    ],
)
def test_more_values_train_the_new_members_only(complete, run, tmp_path, bits, snapshot, axes):
    before = snapshot(tmp_path)
    call = run(axes=axes)
    assert call.steps == (len(axes["target"]) * len(axes["seed"]) - N_MEMBERS) * N_STEPS
    after = snapshot(tmp_path)
    assert {name: after[name] for name in before} == before
    old = call.dataset.sel(target=complete.target, seed=complete.seed).transpose(*complete.dims)
    assert old.W.values.tobytes() == complete.W.values.tobytes()
    assert list(call.dataset.status.dims) == list(axes)
    assert bits(store.open(tmp_path)) == bits(call.dataset)
    assert statuses(call.dataset) == {"ok": call.dataset.status.size}


def test_more_values_are_as_if_all_had_been_asked_for_at_once(complete, run, tmp_path, bits):
    axes = {"target": [0.7, 0.1, 0.9, 0.5], "seed": [0, 5, 1]}
    grown = run(axes=axes).dataset
    at_once = run(tmp_path / "other", axes=axes, chunk=2).dataset
    assert json.loads(at_once.attrs["fingerprint"])["width"] == "[1, 2]"
    assert bits(grown) == bits(at_once)


def test_the_same_values_in_another_order_train_nothing(complete, run, bits):
    call = run(axes={"seed": [1, 0], "target": [0.7, 0.1, 0.5]})
    assert call.steps == 0
    again = call.dataset.sortby(["target", "seed"]).transpose(*complete.dims)
    np.testing.assert_array_equal(again.W, complete.W)


@pytest.fixture
def other_numerics(monkeypatch):
    """Another version of jaxlib, and another number of threads."""
    real = work.fingerprint()
    other = {**real, "jaxlib": "0.0.1", "threads": "999"}
    monkeypatch.setattr(work, "fingerprint", lambda: other)
    return real


def test_other_numerics_are_refused_naming_the_first(
    partial, run, tmp_path, one_line, snapshot, other_numerics
):
    before = snapshot(tmp_path), (tmp_path / "sweep.json").read_bytes()
    with pytest.raises(StoreError) as refusal:
        run()
    real = other_numerics["jaxlib"]
    assert one_line(refusal, f"jaxlib was {real} and is 0.0.1", "allow_numerics_change")
    assert (snapshot(tmp_path), (tmp_path / "sweep.json").read_bytes()) == before


def test_other_numerics_may_be_allowed(partial, run, tmp_path, other_numerics, snapshot):
    before = snapshot(tmp_path)
    call = run(allow_numerics_change=True)
    assert statuses(call.dataset) == {"ok": N_MEMBERS}
    after = snapshot(tmp_path)
    assert {name: after[name] for name in before} == before
    assert json.loads(call.dataset.attrs["fingerprint"])["jaxlib"] == "0.0.1"
    assert run().steps == 0


def test_another_program_is_refused(partial, run, make_toy, one_line):
    def build(point):
        return make_toy()({"target": point["target"] * 2})

    build.calls = 0
    with pytest.raises(StoreError) as refusal:
        run(build=build)
    assert one_line(refusal, "program was")


@pytest.mark.parametrize("allowed", [False, True])
@pytest.mark.parametrize("options", [{"n_steps": 8}, {"metric": "other"}], ids=str)
def test_results_of_another_shape_are_refused_and_never_mixed(
    partial, run, make_toy, tmp_path, one_line, snapshot, allowed, options
):
    # The length of a run is not part of the program of a block, so its fingerprint is the same.
    before = snapshot(tmp_path), (tmp_path / "sweep.json").read_bytes()
    with pytest.raises(StoreError) as refusal:
        run(build=make_toy(**options), allow_numerics_change=allowed)
    assert one_line(refusal, str(tmp_path))
    assert (snapshot(tmp_path), (tmp_path / "sweep.json").read_bytes()) == before
    assert "missing" in statuses(store.open(tmp_path))


def test_a_folder_without_a_sweep_is_refused_in_one_line(tmp_path, one_line):
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path, tmp_path / "missing", tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError) as refusal:
            store.open(folder)
        assert one_line(refusal, str(folder), "sweep.json")
    assert not (tmp_path / "missing").exists()


def test_a_store_that_cannot_be_a_folder_is_refused_before_any_compile(
    run, tmp_path, one_line, make_toy
):
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        build = make_toy()
        with pytest.raises(StoreError) as refusal:
            run(folder, build=build)
        assert one_line(refusal, str(folder))
        assert build.calls <= 4  # on concrete values, of which no program is made
    assert (tmp_path / "file").read_text() == "mine"


def test_a_store_is_made_with_its_parents(run, tmp_path):
    assert run(tmp_path / "a" / "b", axes={"target": [0.1]}).steps == N_STEPS
    assert store.open(tmp_path / "a" / "b").status.item() == "ok"


def test_a_store_in_use_is_refused_before_any_compile(complete, run, tmp_path, one_line):
    with files.locked(tmp_path), pytest.raises(StoreError) as refusal:
        run()
    assert one_line(refusal, "in use by process")


@pytest.mark.parametrize("where", ["header", "chunk"])
def test_a_full_disk_is_refused_in_one_line_and_leaves_nothing_half(
    run, tmp_path, one_line, monkeypatch, where, snapshot
):
    real, n_calls = os.fsync, []

    def fsync(descriptor):
        n_calls.append(descriptor)
        # The header takes two calls, of the file and of the folder; the first chunk two more.
        if len(n_calls) == (1 if where == "header" else 5):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fsync)
        with pytest.raises(StoreError) as refusal:
            run()
    assert one_line(refusal, str(tmp_path), "No space left on device")
    assert list(tmp_path.rglob("*.tmp")) == []
    before = snapshot(tmp_path)
    assert len(before) == (0 if where == "header" else 1)
    assert statuses(run().dataset) == {"ok": N_MEMBERS}
    after = snapshot(tmp_path)
    assert {name: after[name] for name in before} == before


def test_results_that_could_not_be_read_back_are_refused(run, make_toy, tmp_path, one_line):
    # NumPy would write them as bytes of no type.
    with pytest.raises(StoreError) as refusal:
        run(build=make_toy(state=jnp.zeros(2, jnp.bfloat16)))
    assert one_line(refusal, str(tmp_path), "state", "bfloat16")
    assert files.chunk_files(tmp_path) == []


def test_the_header_is_there_before_the_first_chunk(run, tmp_path, stop_at):
    with pytest.raises(KeyboardInterrupt):
        run(on_progress=stop_at(1))
    assert files.chunk_files(tmp_path) == []
    assert statuses(store.open(tmp_path)) == {"missing": N_MEMBERS}


def test_a_store_grows_by_its_axes_alone(run, tmp_path):
    first = run()
    before = files.read_header(tmp_path)
    grid = make_grid({**AXES, "target": [*AXES["target"], 0.9]})
    with writing(tmp_path, grid, before["spec"]) as held:
        held.grow(grid)
        written = (tmp_path / "sweep.json").stat().st_mtime_ns
        held.grow(grid)
    assert (tmp_path / "sweep.json").stat().st_mtime_ns == written
    assert files.read_header(tmp_path) == {**before, **header_axes(grid)}
    grown = store.open(tmp_path)
    assert (grown["status"].sel(target=[0.9], method="nearest") == "missing").all()
    assert grown.isel(target=slice(3))["W"].equals(first.dataset["W"])
    assert run(axes=grid.axes).steps == 2 * N_STEPS


def test_the_folder_of_a_multirun_takes_no_sweep(run, tmp_path, one_line, snapshot):
    (tmp_path / MULTIRUN).write_text("{}")
    before = snapshot(tmp_path)
    with pytest.raises(StoreError) as refusal:
        run()
    assert one_line(refusal, str(tmp_path), "holds a multirun")
    assert snapshot(tmp_path) == before


def test_a_value_that_is_gone_is_named_as_it_was_written(complete, run, one_line):
    with pytest.raises(StoreError) as refusal:
        run(axes={**AXES, "target": [0.5, 0.7]})
    assert one_line(refusal, "holds target=0.1, which is not on the axis asked for")
